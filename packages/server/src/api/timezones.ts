import { Type } from '@sinclair/typebox'
import { named, ok, operation, Success } from '../operation.ts'
import { timezoneNames } from './timezone-names.ts'

export const getTimezones = operation({
  id: 'getTimezones',
  method: 'GET',
  path: '/api/v1/timezones',
  scope: 'read:timezones',
  tag: 'Timezones',
  summary: 'List time zones',
  description:
    'Every time zone that a business can be in, from west to east, with the key by which PATCH /api/v1/business takes it.',
  organizationAware: true,
  responses: {
    200: named(
      'get_timezones_response',
      Success({
        timezones: Type.Optional(
          Type.Array(
            Type.Object({
              key: Type.Optional(Type.String({ description: 'Key of the time zone.' })),
              name: Type.Optional(
                Type.String({ description: 'City, zone and, in brackets, the offset from UTC at this moment.' }),
              ),
            }),
          ),
        ),
      }),
    ),
  },
  handler: async ({ now }) => ({ ...ok, timezones: Array.from(timezoneNames(now), ([key, name]) => ({ key, name })) }),
})
