import { Type } from '@sinclair/typebox'
import { named, noContent, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { listLogos, logoPaths, putLogo, removeLogo, requireLogoType } from '../../store/logos.ts'
import { keepOrganization, requireOrganization } from '../../store/organizations.ts'
import { logoUpload } from '../environment/logos.ts'

export const getOrganizationLogos = operation({
  id: 'ReadOrganizationLogo',
  method: 'GET',
  path: '/api/v1/organizations/{org_code}/logos',
  scope: 'read:organizations',
  tag: 'Organizations',
  summary: "List an organization's logos",
  description: 'The logos that the organization has of its own, and where this server shows them.',
  responses: {
    200: named(
      'read_logo_response',
      Success({
        logos: Type.Optional(
          Type.Array(
            Type.Object({
              type: Type.Optional(Type.String({ description: 'light or dark: the ground that it is for.' })),
              file_name: Type.Optional(Type.String({ description: 'Name of the file that was sent.' })),
              path: Type.Optional(Type.String({ description: 'Where it is served, from the URL of the server on.' })),
            }),
          ),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const { code } = await requireOrganization(db, params.org_code)
    const logos = await listLogos(db, code)
    return { ...ok, logos: logos.map((logo) => ({ ...logo, path: `${logoPaths[logo.type]}?p_org_code=${code}` })) }
  },
})

export const addOrganizationLogo = operation({
  id: 'AddOrganizationLogo',
  method: 'POST',
  path: '/api/v1/organizations/{org_code}/logos/{type}',
  scope: 'update:organizations',
  tag: 'Organizations',
  summary: "Set one of an organization's logos",
  description: "The organization's logo for light or dark ground, in the place of the one that is set.",
  upload: logoUpload,
  responses: { 200: SuccessReply },
  handler: async ({ params, file, db, now, record }) => {
    const type = requireLogoType(params.type)
    const code = await keepOrganization(db, params.org_code)
    const logo = await putLogo(db, { organizationCode: code, type }, file, now)
    if (logo !== undefined) record('organization.logo_set', { organization: { code }, logo })
    return ok
  },
})

export const deleteOrganizationLogo = operation({
  id: 'DeleteOrganizationLogo',
  method: 'DELETE',
  path: '/api/v1/organizations/{org_code}/logos/{type}',
  scope: 'update:organizations',
  tag: 'Organizations',
  summary: "Delete one of an organization's logos",
  description: "The environment's logo is shown in its place then. 204 says that the organization had none.",
  responses: { 200: SuccessReply, 204: null },
  handler: async ({ params, db, record }) => {
    const type = requireLogoType(params.type)
    const code = await keepOrganization(db, params.org_code)
    if (!(await removeLogo(db, { organizationCode: code, type }))) return noContent
    record('organization.logo_removed', { organization: { code }, logo: { type } })
    return ok
  },
})
