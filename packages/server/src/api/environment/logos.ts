import { Type } from '@sinclair/typebox'
import { named, noContent, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { largestLogo, listLogos, putLogo, removeLogo, requireLogoType } from '../../store/logos.ts'

/** The part of the form that carries a logo. */
export const logoUpload = {
  field: 'logo',
  largestBytes: largestLogo,
  description: 'The picture: PNG, JPEG, GIF, WebP or SVG, 2 MiB at most.',
}

export const getLogos = operation({
  id: 'ReadLogo',
  method: 'GET',
  path: '/api/v1/environment/logos',
  scope: 'read:environments',
  tag: 'Environments',
  summary: "List the environment's logos",
  description: 'The logos that are set. `GET /api/v1/environment` tells their URLs.',
  responses: {
    200: named(
      'read_env_logo_response',
      Success({
        logos: Type.Optional(
          Type.Array(
            Type.Object({
              type: Type.Optional(Type.String({ description: 'light or dark: the ground that it is for.' })),
              file_name: Type.Optional(Type.String({ description: 'Name of the file that was sent.' })),
            }),
          ),
        ),
      }),
    ),
  },
  handler: async ({ db }) => ({ ...ok, logos: await listLogos(db, '') }),
})

export const addLogo = operation({
  id: 'AddLogo',
  method: 'PUT',
  path: '/api/v1/environment/logos/{type}',
  scope: 'update:environments',
  tag: 'Environments',
  summary: "Set one of the environment's logos",
  description:
    'The logo for light or dark ground, in the place of the one that is set. Organizations without one show it.',
  upload: logoUpload,
  responses: { 200: SuccessReply },
  handler: async ({ params, file, db, now, record }) => {
    const type = requireLogoType(params.type)
    const logo = await putLogo(db, { organizationCode: '', type }, file, now)
    if (logo !== undefined) record('environment.logo_set', { logo })
    return ok
  },
})

export const deleteLogo = operation({
  id: 'DeleteLogo',
  method: 'DELETE',
  path: '/api/v1/environment/logos/{type}',
  scope: 'update:environments',
  tag: 'Environments',
  summary: "Delete one of the environment's logos",
  description: 'Takes away the logo for light or dark ground. 204 says that none was set.',
  responses: { 200: SuccessReply, 204: null },
  handler: async ({ params, db, record }) => {
    const type = requireLogoType(params.type)
    if (!(await removeLogo(db, { organizationCode: '', type }))) return noContent
    record('environment.logo_removed', { logo: { type } })
    return ok
  },
})
