import { invalid, shown } from '../errors.ts'

/** The longest address: RFC 3696, erratum 1690. */
const longestEmail = 254
const longestUsername = 128

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
  if (!/^[^\s@,]+@[^\s@,]+\.[^\s@,.]+$/.test(value)) {
    throw invalid(field, `${shown(value)} is not an e-mail address.`, 'INVALID_EMAIL')
  }
  return { value, valueKey: value.toLowerCase() }
}

/** Usernames are unique without regard to case. @throws {ApiError} 400 INVALID_USERNAME */
export function usernameValue(username: string, field: string): IdentityValue {
  const value = username.trim()
  if (value === '' || value.length > longestUsername || /\s/.test(value)) {
    const rule = `A username has 1 to ${longestUsername} characters and no white space`
    throw invalid(field, `${rule}; ${shown(username)} was sent.`, 'INVALID_USERNAME')
  }
  return { value, valueKey: value.toLowerCase() }
}

/**
 * A phone number in E.164.
 * @param countryId the two letters of the country in which a national number is meant, such as `gb`
 * @throws {ApiError} 400 INVALID_PHONE
 */
export async function phoneValue(phone: string, countryId: string | undefined, field: string): Promise<IdentityValue> {
  // Loaded with the first phone number: its tables of countries are large.
  const { parsePhoneNumberFromString } = await import('libphonenumber-js')
  const country = countryId?.toUpperCase() as Parameters<typeof parsePhoneNumberFromString>[1]
  const parsed = parsePhoneNumberFromString(phone, country)
  if (parsed === undefined || !parsed.isPossible()) {
    const hint = countryId ? '' : ' Send phone_country_id with a national number, or the number as +<country><number>.'
    throw invalid(field, `${shown(phone)} is not a phone number.${hint}`, 'INVALID_PHONE')
  }
  return { value: parsed.number, valueKey: parsed.number }
}
