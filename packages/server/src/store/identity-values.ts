import type { CountryCode } from 'libphonenumber-js'
import { invalid, shown } from '../errors.ts'

/** The longest address: RFC 3696, erratum 1690. */
const longestEmail = 254
const longestUsername = 128
/** The longest name that a provider may have for someone: a SAML NameID has 256 characters. SAML 2.0 Core §8.3.7. */
const longestExternalId = 256

/** An identity's value, and the form in which it is unique. */
export interface IdentityValue {
  value: string
  valueKey: string
}

/** @throws {ApiError} 400 EMAIL_TOO_LONG, INVALID_EMAIL */
export function emailValue(email: string, field: string): IdentityValue {
  const value = email.trim()
  if (value.length > longestEmail) {
    throw invalid(field, `An e-mail address has ${longestEmail} characters at most.`, 'EMAIL_TOO_LONG')
  }
  // Looser than RFC 5321 §4.1.2: what remains is for the mail server to say. Commas would part a list of addresses.
  if (!/^[^\s\p{Cc}@,;:<>()[\]\\"]+@([^\s\p{Cc}@,;:<>()[\]\\".]+\.)+[^\s\p{Cc}@,;:<>()[\]\\".]+$/u.test(value)) {
    throw invalid(field, `${shown(value)} is not an e-mail address.`, 'INVALID_EMAIL')
  }
  return { value, valueKey: identityKey('email', value) }
}

/** Usernames are unique without regard to case. @throws {ApiError} 400 INVALID_USERNAME */
export function usernameValue(username: string, field: string): IdentityValue {
  const value = username.trim()
  // Characters that cannot be seen would let two names look alike. Commas would part a list of names.
  if (value === '' || value.length > longestUsername || /[\s\p{Cc}\p{Cf},]/u.test(value)) {
    const rule = `A username has 1 to ${longestUsername} characters, without commas, white space and invisible ones`
    throw invalid(field, `${rule}; ${shown(username)} was sent.`, 'INVALID_USERNAME')
  }
  return { value, valueKey: identityKey('username', value) }
}

/**
 * A phone number in E.164.
 * @param countryId the two letters of the country in which a national number is meant, such as `gb`
 * @throws {ApiError} 400 INVALID_PHONE
 */
export async function phoneValue(phone: string, countryId: string | undefined, field: string): Promise<IdentityValue> {
  // Loaded with the first phone number: its tables of countries are large.
  const { parsePhoneNumberFromString } = await import('libphonenumber-js')
  const defaultCountry = countryId?.toUpperCase() as CountryCode
  const parsed = parsePhoneNumberFromString(phone, { defaultCountry, extract: false })
  if (parsed === undefined || !parsed.isPossible() || parsed.ext !== undefined) {
    const hint = countryId ? '' : ' Send phone_country_id with a national number, or the number as +<country><number>.'
    throw invalid(field, `${shown(phone)} is not a phone number.${hint}`, 'INVALID_PHONE')
  }
  return { value: parsed.number, valueKey: parsed.number }
}

/** The name that a social or enterprise provider has for someone. @throws {ApiError} 400 INVALID_IDENTITY */
export function externalValue(id: string, field: string): IdentityValue {
  const value = id.trim()
  if (value === '' || value.length > longestExternalId) {
    throw invalid(field, `A provider's id of a user has 1 to ${longestExternalId} characters.`, 'INVALID_IDENTITY')
  }
  // Such ids are exact, unless they are addresses.
  return { value, valueKey: value.includes('@') ? identityKey('email', value) : value }
}

/** The form in which a value is unique, and in which lists look for it: nothing is checked. */
export function identityKey(type: 'email' | 'phone' | 'username', value: string): string {
  if (type !== 'phone') return value.normalize('NFKC').toLowerCase()
  return `+${value.replace(/^\s*00/, '').replaceAll(/\D/g, '')}`
}

/** Whether a connection's strategy is that of an organization's own identity provider, and not of a social one. */
export function isEnterprise(strategy: string): boolean {
  return /^(saml|wsfed):/.test(strategy) || strategy === 'oauth2:azure_ad'
}

/** Whether a connection's strategy is that of a social provider. */
export function isSocial(strategy: string): boolean {
  return strategy.startsWith('oauth2:') && !isEnterprise(strategy)
}
