import { invalid } from '../errors.ts'

/**
 * What roles and permissions have in common: a name for people and a key for code, both of bounded length. The schemas
 * check the lengths; here is what a schema cannot say, or Kinde's document leaves optional.
 */
export const longestName = 255
export const longestKey = 255
export const longestDescription = 1024

/** @throws {ApiError} 400 NAME_REQUIRED; INVALID_VALUE for a name of white space alone */
export function checkedName(name: string | undefined): string {
  if (name === undefined) throw invalid('name', 'The member name is missing.', 'NAME_REQUIRED')
  if (name.trim() === '') throw invalid('name', 'A name holds more than white space.')
  return name
}

/** @throws {ApiError} 400 KEY_REQUIRED; INVALID_KEY for a key with white space in it */
export function checkedKey(key: string | undefined): string {
  if (key === undefined) throw invalid('key', 'The member key is missing.', 'KEY_REQUIRED')
  // Keys stand in lists that are separated by spaces or commas, and in claims that code compares.
  if (/\s/.test(key)) throw invalid('key', 'A key holds no white space.', 'INVALID_KEY')
  return key
}
