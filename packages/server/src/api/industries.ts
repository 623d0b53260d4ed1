import { Type } from '@sinclair/typebox'
import { named, ok, operation, Success } from '../operation.ts'

/** The industries that a business can belong to, in alphabetical order. Keys are stored: they never change. */
const namesByKey: ReadonlyMap<string, string> = new Map([
  ['accounting_finance', 'Accounting & Finance'],
  ['administration_office_support', 'Administration & Office Support'],
  ['advertising_arts_media', 'Advertising, Arts & Media'],
  ['aerospace_defence', 'Aerospace & Defence'],
  ['agriculture_forestry_fishing', 'Agriculture, Forestry & Fishing'],
  ['automotive', 'Automotive'],
  ['banking_financial_services', 'Banking & Financial Services'],
  ['biotechnology_pharmaceuticals', 'Biotechnology & Pharmaceuticals'],
  ['call_centre_customer_service', 'Call Centre & Customer Service'],
  ['community_services', 'Community Services'],
  ['construction', 'Construction'],
  ['consulting_strategy', 'Consulting & Strategy'],
  ['design_architecture', 'Design & Architecture'],
  ['education_training', 'Education & Training'],
  ['energy_utilities', 'Energy & Utilities'],
  ['engineering', 'Engineering'],
  ['entertainment_gaming', 'Entertainment & Gaming'],
  ['food_beverage', 'Food & Beverage'],
  ['government', 'Government'],
  ['healthcare_medical', 'Healthcare & Medical'],
  ['hospitality_tourism', 'Hospitality & Tourism'],
  ['human_resources_recruitment', 'Human Resources & Recruitment'],
  ['information_communication_technology', 'Information & Communication Technology'],
  ['insurance', 'Insurance'],
  ['legal', 'Legal'],
  ['manufacturing', 'Manufacturing'],
  ['marketing_communications', 'Marketing & Communications'],
  ['mining_resources', 'Mining & Resources'],
  ['not_for_profit', 'Not for Profit'],
  ['professional_services', 'Professional Services'],
  ['real_estate_property', 'Real Estate & Property'],
  ['retail_consumer_products', 'Retail & Consumer Products'],
  ['science_technology', 'Science & Technology'],
  ['sport_recreation', 'Sport & Recreation'],
  ['telecommunications', 'Telecommunications'],
  ['trades_services', 'Trades & Services'],
  ['transport_logistics', 'Transport & Logistics'],
  ['wholesale_distribution', 'Wholesale & Distribution'],
  ['other', 'Other'],
])

/** The display name of an industry; undefined when no industry has the key. */
export function industryName(key: string): string | undefined {
  return namesByKey.get(key)
}

const industries = Array.from(namesByKey, ([key, name]) => ({ key, name }))

export const getIndustries = operation({
  id: 'getIndustries',
  method: 'GET',
  path: '/api/v1/industries',
  scope: 'read:industries',
  tag: 'Industries',
  summary: 'List industries',
  description:
    'Every industry that a business can name as its own, with the key by which PATCH /api/v1/business takes it.',
  organizationAware: true,
  responses: {
    200: named(
      'get_industries_response',
      Success({
        industries: Type.Optional(
          Type.Array(
            Type.Object({
              key: Type.Optional(Type.String({ description: 'Key of the industry.' })),
              name: Type.Optional(Type.String({ description: 'The industry in words.' })),
            }),
          ),
        ),
      }),
    ),
  },
  handler: async () => ({ ...ok, industries }),
})
