import { Type } from '@sinclair/typebox'
import { Nullable, named, ok, operation, Success } from '../../operation.ts'
import { logoUrls } from '../../store/logos.ts'
import { shownBrand } from '../../store/organizations.ts'
import { timestamp } from '../../time.ts'
import { pictureMembers, themeMembers } from '../branding.ts'

const tracking = (what: string) => Type.Optional(Nullable(Type.String({ description: `${what}; null: not in use.` })))

export const getEnvironment = operation({
  id: 'getEnvironment',
  method: 'GET',
  path: '/api/v1/environment',
  scope: 'read:environments',
  tag: 'Environments',
  summary: 'Get the environment',
  description: 'What this server calls itself, where it is reached, and how its pages look.',
  responses: {
    200: named(
      'get_environment_response',
      Success({
        environment: Type.Optional(
          Type.Object({
            code: Type.Optional(Type.String({ description: 'Code of the environment.' })),
            name: Type.Optional(Type.String({ description: 'Name of the environment.' })),
            hotjar_site_id: tracking('Site id of Hotjar'),
            google_analytics_tag: tracking('Tag of Google Analytics'),
            contentsquare_tag_id: tracking('Tag of Contentsquare'),
            is_default: Type.Optional(Type.Boolean({ description: 'Whether it is the one for production.' })),
            is_live: Type.Optional(Type.Boolean({ description: 'Whether it is in use.' })),
            kinde_domain: Type.Optional(Type.String({ description: 'Host, and port if it has one, of its URL.' })),
            custom_domain: Type.Optional(
              Nullable(Type.String({ description: 'Always null: the URL of the server is your own.' })),
            ),
            ...pictureMembers,
            ...themeMembers,
            created_on: Type.Optional(Type.String({ description: 'When it was made, RFC 3339.' })),
          }),
        ),
      }),
    ),
  },
  handler: async ({ db, environment: { baseUrl } }) => {
    const {
      code,
      name,
      created_at_ms: createdAtMs,
    } = await db.selectFrom('environment').select(['code', 'name', 'created_at_ms']).executeTakeFirstOrThrow()
    const environment = {
      code,
      name,
      hotjar_site_id: null,
      google_analytics_tag: null,
      contentsquare_tag_id: null,
      is_default: true,
      is_live: true,
      kinde_domain: new URL(baseUrl).host,
      custom_domain: null,
      ...(await logoUrls(db, baseUrl, '')),
      favicon_svg: null,
      favicon_fallback: null,
      ...shownBrand('{}'),
      button_border_radius: null,
      card_border_radius: null,
      input_border_radius: null,
      theme_code: 'light',
      color_scheme: 'light',
      created_on: timestamp(createdAtMs),
    } as const
    return { ...ok, environment }
  },
})
