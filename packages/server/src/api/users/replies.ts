import { Type } from '@sinclair/typebox'
import { Nullable, named, Success } from '../../operation.ts'

const profileMembers = {
  id: Type.Optional(Type.String({ description: 'Id of the user.' })),
  provided_id: Type.Optional(Type.String({ description: 'The id that your own system has for the user.' })),
  phone: Type.Optional(Type.String({ description: 'Primary phone number, E.164.' })),
  username: Type.Optional(Type.String({ description: 'Primary username.' })),
  last_name: Type.Optional(Type.String({ description: 'Family name.' })),
  first_name: Type.Optional(Type.String({ description: 'Given name.' })),
  is_suspended: Type.Optional(Type.Boolean({ description: 'Whether the user is kept from signing in.' })),
  picture: Type.Optional(Type.String({ description: "URL of the user's picture." })),
  total_sign_ins: Type.Optional(Nullable(Type.Integer({ description: 'How often the user has signed in.' }))),
  failed_sign_ins: Type.Optional(
    Nullable(Type.Integer({ description: 'Failed attempts since the last sign-in that succeeded.' })),
  ),
  last_signed_in: Type.Optional(
    Nullable(Type.String({ description: 'Last sign-in, RFC 3339; null before the first one.' })),
  ),
  created_on: Type.Optional(Nullable(Type.String({ description: 'When the user was made, RFC 3339.' }))),
  organizations: Type.Optional(
    Type.Array(Type.String(), { description: 'Codes of the organizations that the user belongs to.' }),
  ),
  billing: Type.Optional(
    Type.Object({ customer_id: Type.Optional(Type.String({ description: 'Id of the billing customer.' })) }),
  ),
}

const email = Type.Optional(Type.String({ description: 'Primary e-mail address.' }))
const identityMembers = {
  type: Type.Optional(Type.String({ description: 'Type of the identity, such as email.' })),
  identity: Type.Optional(Type.String({ description: 'The address, number or name itself.' })),
}

/** The reply of one user. */
export const UserReply = named(
  'user',
  Type.Object({
    ...profileMembers,
    preferred_email: email,
    identities: Type.Optional(Type.Array(Type.Object(identityMembers))),
  }),
)

/** The reply of a page of users. */
export const UserListReply = named(
  'users_response',
  Success({
    users: Type.Optional(
      Type.Array(
        Type.Object({
          ...profileMembers,
          email,
          last_organization_sign_ins: Type.Optional(
            Nullable(
              Type.Array(
                Type.Object({
                  org_code: Type.Optional(Type.String({ description: 'Code of the organization.' })),
                  last_signed_in: Type.Optional(
                    Type.String({ format: 'date-time', description: 'Last sign-in to it, RFC 3339.' }),
                  ),
                }),
              ),
            ),
          ),
          identities: Type.Optional(
            Type.Array(
              Type.Object({
                ...identityMembers,
                connection_id: Type.Optional(
                  Nullable(Type.String({ description: 'The social or enterprise connection it came from.' })),
                ),
              }),
            ),
          ),
        }),
      ),
    ),
    next_token: Type.Optional(Type.String({ description: 'Gives the next page; left out on the last one.' })),
  }),
)

/** The reply of a search. Of the names it says that they are empty, where other replies leave them out. */
export const SearchReply = named(
  'search_users_response',
  Success({
    results: Type.Optional(
      Type.Array(
        Type.Object({
          id: profileMembers.id,
          provided_id: Type.Optional(
            Nullable(Type.String({ description: 'The id that your own system has for the user.' })),
          ),
          email: Type.Optional(Nullable(Type.String({ description: 'Primary e-mail address.' }))),
          username: Type.Optional(Nullable(Type.String({ description: 'Primary username.' }))),
          last_name: Type.Optional(Type.String({ description: 'Family name; empty when there is none.' })),
          first_name: Type.Optional(Type.String({ description: 'Given name; empty when there is none.' })),
          is_suspended: profileMembers.is_suspended,
          picture: Type.Optional(Nullable(Type.String({ description: "URL of the user's picture." }))),
          total_sign_ins: profileMembers.total_sign_ins,
          failed_sign_ins: profileMembers.failed_sign_ins,
          last_signed_in: profileMembers.last_signed_in,
          created_on: profileMembers.created_on,
          organizations: profileMembers.organizations,
          identities: Type.Optional(Type.Array(Type.Object(identityMembers))),
          properties: Type.Optional(
            Type.Unsafe<Record<string, string>>(
              Type.Object(
                {},
                { additionalProperties: Type.String(), description: 'The values of the properties, by their keys.' },
              ),
            ),
          ),
          api_scopes: Type.Optional(
            Type.Array(
              Type.Object({
                org_code: Type.Optional(Type.String({ description: 'The organization in which the user has it.' })),
                scope: Type.Optional(Type.String({ description: 'The scope as tokens carry it.' })),
                api_id: Type.Optional(Type.String({ description: 'The API that the scope is of.' })),
              }),
              { description: 'The API scopes of the user, of its own and through roles.' },
            ),
          ),
        }),
      ),
    ),
  }),
)
