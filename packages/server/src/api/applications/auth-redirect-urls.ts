import { Type } from '@sinclair/typebox'
import { named, ok, operation, SuccessReply } from '../../operation.ts'
import { addUrls, listUrls, removeUrls, replaceUrls, urlsMember, urlsQuery } from '../../store/application-urls.ts'
import { holdApplication, requireApplication } from '../../store/applications.ts'

const body = Type.Object({ urls: urlsMember('Redirect') })

export const getCallbackUrls = operation({
  id: 'getCallbackURLs',
  method: 'GET',
  path: '/api/v1/applications/{app_id}/auth_redirect_urls',
  scope: 'read:applications_redirect_uris',
  tag: 'Callbacks',
  summary: 'List redirect URLs',
  description: 'Where sign-ins of the application may end, in the order in which the URLs were given.',
  responses: {
    200: named(
      'redirect_callback_urls',
      Type.Object({
        redirect_urls: Type.Optional(
          Type.Array(Type.String(), { description: 'Where sign-ins of the application may end, as they were given.' }),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const application = await requireApplication(db, params.app_id)
    return { redirect_urls: await listUrls(db, application.id, 'redirect') }
  },
})

export const addRedirectCallbackUrls = operation({
  id: 'addRedirectCallbackURLs',
  method: 'POST',
  path: '/api/v1/applications/{app_id}/auth_redirect_urls',
  scope: 'create:applications_redirect_uris',
  tag: 'Callbacks',
  summary: 'Add redirect URLs',
  description:
    'Adds URLs at the end of the list of redirect URLs; those that are in it stay where they are. https, or http on this machine, or a scheme of the application.',
  body,
  bodyRequired: true,
  example: { body: { urls: ['https://zoo.example/back'] } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const { id } = await holdApplication(db, params.app_id)
    const change = await addUrls(db, id, { kind: 'redirect', urls: body.urls })
    if (change !== undefined) record('application.redirect_urls_updated', { application: { id }, ...change })
    return ok
  },
})

export const replaceRedirectCallbackUrls = operation({
  id: 'replaceRedirectCallbackURLs',
  method: 'PUT',
  path: '/api/v1/applications/{app_id}/auth_redirect_urls',
  scope: 'update:applications_redirect_uris',
  tag: 'Callbacks',
  summary: 'Replace redirect URLs',
  description: 'The list of redirect URLs becomes the one that is sent; an empty one empties it.',
  body,
  bodyRequired: true,
  example: { body: { urls: ['https://zoo.example/back', 'https://shop.zoo.example/back'] } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const { id } = await holdApplication(db, params.app_id)
    const change = await replaceUrls(db, id, { kind: 'redirect', urls: body.urls })
    if (change !== undefined) record('application.redirect_urls_updated', { application: { id }, ...change })
    return ok
  },
})

export const deleteCallbackUrls = operation({
  id: 'deleteCallbackURLs',
  method: 'DELETE',
  path: '/api/v1/applications/{app_id}/auth_redirect_urls',
  scope: 'delete:applications_redirect_uris',
  tag: 'Callbacks',
  summary: 'Delete redirect URLs',
  description: 'Takes URLs from the list: sign-ins end there no more.',
  query: urlsQuery,
  example: { query: { urls: 'https://zoo.example/back' } },
  responses: { 200: SuccessReply },
  handler: async ({ params, query, db, record }) => {
    const { id } = await holdApplication(db, params.app_id)
    const change = await removeUrls(db, id, { kind: 'redirect', values: query.urls })
    if (change !== undefined) record('application.redirect_urls_updated', { application: { id }, ...change })
    return ok
  },
})
