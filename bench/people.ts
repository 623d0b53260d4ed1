/** Users for the benchmark: varied as people are, and the same in each run. */

import { userDocument, userSearchText } from '../packages/server/src/store/user-document.ts'
import { userSortKeys } from '../packages/server/src/store/user-order.ts'

const firstNames =
  'Ada Alan Amina Anders Anna Barbara Bjarne Carlos Chen Claude Dana Dennis Donald Edsger Elif Emma Fatima Frances Grace Hans Hiro Ines Ivan Jean Joan Jun Katherine Ken Lars Leslie Lin Lucia Margaret Maria Mei Mohammed Nadia Niklaus Noah Olga Omar Priya Radia Rosa Sofia Tim Tony Wei Yuki Zofia'.split(
    ' ',
  )
const lastNames =
  'Almeida Andersson Backus Berg Borg Brown Chen Church Cohen Conway Dahl Diaz Dijkstra Easley Engelbart Fischer Garcia Goldberg Hamilton Hansen Hoare Hopper Ivanov Jensen Johnson Kahn Kaya Khan Kim Knuth Kowalski Lamport Lee Liskov Lovelace Martin Meyer Minsky Nakamura Nguyen Novak Okafor Patel Perlman Rossi Santos Sato Schmidt Shannon Silva Singh Smith Tanaka Thompson Turing Wang Wilkes Wirth Yilmaz Zhang'.split(
    ' ',
  )
const domains = ['example.com', 'example.org', 'mail.example', 'post.example', 'inbox.example', 'university.example']
const startMs = Date.parse('2024-01-01T00:00:00Z')
const stepMs = 1000

/** One user as it stands in the tables. */
export interface Person {
  user: Parameters<typeof userDocument>[0] & ReturnType<typeof userSortKeys> & { email: string }
  identityId: string
}

/** @param index from 0; users are made in this order */
export function person(index: number): Person {
  const random = mixed(index, 7)
  const first = firstNames[random % firstNames.length]!
  const last = lastNames[(random >>> 8) % lastNames.length]!
  const email = `${first}.${last}.${index.toString(36)}@${domains[(random >>> 20) % domains.length]}`.toLowerCase()
  const user = {
    id: personId(index),
    provided_id: null,
    first_name: first,
    last_name: last,
    picture: null,
    is_suspended: false,
    is_password_reset_requested: false,
    email,
    phone: null,
    username: null,
    total_sign_ins: 0,
    failed_sign_ins: 0,
    last_signed_in_at_ms: null,
    created_at_ms: startMs + index * stepMs,
    search_text: '',
    document: '',
    claims_refreshed_at_ms: null,
  }
  user.search_text = userSearchText(user, [{ type: 'email', value: email }])
  user.document = userDocument(user, null)
  return { user: { ...user, ...userSortKeys(user) }, identityId: `identity_${timedHex(index, 3)}` }
}

/** The id of a user. */
export function personId(index: number): string {
  return `kp_${timedHex(index, 1)}`
}

/** As `Ids.timed` makes them: 12 digits of the time, 20 random ones. */
function timedHex(index: number, seed: number): string {
  const [one, other] = [mixed(index, seed), mixed(index, seed + 1)].map((bits) => bits.toString(16).padStart(8, '0'))
  return `${(startMs + index * stepMs).toString(16).padStart(12, '0')}${one}${other}${one!.slice(0, 4)}`
}

/** The last step of MurmurHash3: different for different numbers. */
function mixed(index: number, seed: number): number {
  let bits = index ^ Math.imul(seed, 0x9e3779b9)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** Words to search for, fifty of each kind. `people` is how many users there are. */
export function searches(people: number): { selective: string[]; common: string[]; absent: string[] } {
  const numbers = Array.from({ length: 50 }, (_, number) => number)
  return {
    // A part of one address.
    selective: numbers.map((number) => {
      const { email } = person(Math.floor((number * people) / 50) + 13).user
      return email.slice(2, email.indexOf('@') + 4)
    }),
    // A name that thousands have.
    common: numbers.map((number) => (number % 2 === 0 ? firstNames : lastNames)[number]!.toLowerCase()),
    // Two names as nobody has them together: each part of it is in many.
    absent: numbers.map((number) => `${lastNames[number]}.${firstNames[number]}`.toLowerCase()),
  }
}
