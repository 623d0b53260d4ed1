import { Type } from '@sinclair/typebox'
import { named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { addUrls, listUrls, removeUrls, replaceUrls, urlsMember, urlsQuery } from '../../store/application-urls.ts'
import { holdApplication, requireApplication } from '../../store/applications.ts'

const body = Type.Object({ urls: urlsMember('Logout') })

export const getLogoutUrls = operation({
  id: 'getLogoutURLs',
  method: 'GET',
  path: '/api/v1/applications/{app_id}/auth_logout_urls',
  scope: 'read:application_logout_uris',
  tag: 'Callbacks',
  summary: 'List logout URLs',
  description: 'Where logouts of the application may end, in the order in which the URLs were given.',
  responses: {
    200: named(
      'logout_redirect_urls',
      Success({
        logout_urls: Type.Optional(
          Type.Array(Type.String(), { description: 'Where logouts of the application may end, as they were given.' }),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const application = await requireApplication(db, params.app_id)
    return { ...ok, logout_urls: await listUrls(db, application.id, 'logout') }
  },
})

export const addLogoutRedirectUrls = operation({
  id: 'addLogoutRedirectURLs',
  method: 'POST',
  path: '/api/v1/applications/{app_id}/auth_logout_urls',
  scope: 'create:application_logout_uris',
  tag: 'Callbacks',
  summary: 'Add logout URLs',
  description:
    'Adds URLs at the end of the list of logout URLs; those that are in it stay where they are. https, or http on this machine, or a scheme of the application.',
  body,
  bodyRequired: true,
  example: { body: { urls: ['https://zoo.example/bye'] } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const { id } = await holdApplication(db, params.app_id)
    const change = await addUrls(db, id, { kind: 'logout', urls: body.urls })
    if (change !== undefined) record('application.logout_urls_updated', { application: { id }, ...change })
    return ok
  },
})

export const replaceLogoutRedirectUrls = operation({
  id: 'replaceLogoutRedirectURLs',
  method: 'PUT',
  path: '/api/v1/applications/{app_id}/auth_logout_urls',
  scope: 'update:application_logout_uris',
  tag: 'Callbacks',
  summary: 'Replace logout URLs',
  description: 'The list of logout URLs becomes the one that is sent; an empty one empties it.',
  body,
  bodyRequired: true,
  example: { body: { urls: ['https://zoo.example/bye', 'https://shop.zoo.example/bye'] } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const { id } = await holdApplication(db, params.app_id)
    const change = await replaceUrls(db, id, { kind: 'logout', urls: body.urls })
    if (change !== undefined) record('application.logout_urls_updated', { application: { id }, ...change })
    return ok
  },
})

export const deleteLogoutUrls = operation({
  id: 'deleteLogoutURLs',
  method: 'DELETE',
  path: '/api/v1/applications/{app_id}/auth_logout_urls',
  scope: 'delete:application_logout_uris',
  tag: 'Callbacks',
  summary: 'Delete logout URLs',
  description: 'Takes URLs from the list: logouts end there no more.',
  query: urlsQuery,
  example: { query: { urls: 'https://zoo.example/bye' } },
  responses: { 200: SuccessReply },
  handler: async ({ params, query, db, record }) => {
    const { id } = await holdApplication(db, params.app_id)
    const change = await removeUrls(db, id, { kind: 'logout', values: query.urls })
    if (change !== undefined) record('application.logout_urls_updated', { application: { id }, ...change })
    return ok
  },
})
