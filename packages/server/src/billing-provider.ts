/** What a payment provider is told. Amounts and dates stay in Kindred's own ledger; the provider collects the money. */
export interface AgreementChange {
  customerId: string
  email: string
  /** The plan that ends with this change; null for a first agreement. */
  previousPlan: string | null
  plan: string
  /** A final invoice for metered usage of the previous plan that was not invoiced yet. */
  invoiceNow: boolean
  /** Credit for the unused part of the previous period. */
  prorate: boolean
}

/** Collects payments for agreements. None is needed to run: without one the ledger is all there is. */
export interface PaymentProvider {
  /** Called in the transaction that changes the agreement; when it throws, nothing is changed. */
  agreementChanged(change: AgreementChange): Promise<void>
}

/** For environments that bill elsewhere, or not at all. */
export const noPaymentProvider: PaymentProvider = { agreementChanged: async () => {} }
