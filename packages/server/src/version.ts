import description from '../package.json' with { type: 'json' }

/**
 * The version of this server: the header `kindred-version` of its replies. It tells a client what it may count on, such as
 * that `Idempotency-Key` is honoured.
 */
export const { version } = description
