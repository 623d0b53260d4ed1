/**
 * The time zones that a business can be in: a city, its zone of the IANA database, and the zone's name in words. The
 * names are those of standard time and stay the same in summer; keys are made from them and stored, so that neither
 * comes from `Intl`, whose words change from version to version.
 */
const zones: readonly (readonly [city: string, zone: string, name: string])[] = [
  ['Pago Pago', 'Pacific/Pago_Pago', 'Samoa Standard Time'],
  ['Honolulu', 'Pacific/Honolulu', 'Hawaii-Aleutian Standard Time'],
  ['Anchorage', 'America/Anchorage', 'Alaska Standard Time'],
  ['Los Angeles', 'America/Los_Angeles', 'Pacific Standard Time'],
  ['Tijuana', 'America/Tijuana', 'Pacific Standard Time'],
  ['Vancouver', 'America/Vancouver', 'Pacific Standard Time'],
  ['Denver', 'America/Denver', 'Mountain Standard Time'],
  ['Edmonton', 'America/Edmonton', 'Mountain Standard Time'],
  ['Phoenix', 'America/Phoenix', 'Mountain Standard Time'],
  ['Chicago', 'America/Chicago', 'Central Standard Time'],
  ['Guatemala City', 'America/Guatemala', 'Central Standard Time'],
  ['Mexico City', 'America/Mexico_City', 'Central Standard Time'],
  ['San Jose', 'America/Costa_Rica', 'Central Standard Time'],
  ['Winnipeg', 'America/Winnipeg', 'Central Standard Time'],
  ['Bogota', 'America/Bogota', 'Colombia Standard Time'],
  ['Detroit', 'America/Detroit', 'Eastern Standard Time'],
  ['Kingston', 'America/Jamaica', 'Eastern Standard Time'],
  ['Lima', 'America/Lima', 'Peru Standard Time'],
  ['New York', 'America/New_York', 'Eastern Standard Time'],
  ['Panama', 'America/Panama', 'Eastern Standard Time'],
  ['Quito', 'America/Guayaquil', 'Ecuador Time'],
  ['Toronto', 'America/Toronto', 'Eastern Standard Time'],
  ['Caracas', 'America/Caracas', 'Venezuela Time'],
  ['Halifax', 'America/Halifax', 'Atlantic Standard Time'],
  ['La Paz', 'America/La_Paz', 'Bolivia Time'],
  ['Puerto Rico', 'America/Puerto_Rico', 'Atlantic Standard Time'],
  ['Santiago', 'America/Santiago', 'Chile Standard Time'],
  ['Santo Domingo', 'America/Santo_Domingo', 'Atlantic Standard Time'],
  ["St. John's", 'America/St_Johns', 'Newfoundland Standard Time'],
  ['Asuncion', 'America/Asuncion', 'Paraguay Standard Time'],
  ['Buenos Aires', 'America/Argentina/Buenos_Aires', 'Argentina Standard Time'],
  ['Montevideo', 'America/Montevideo', 'Uruguay Standard Time'],
  ['Sao Paulo', 'America/Sao_Paulo', 'Brasilia Standard Time'],
  ['Nuuk', 'America/Nuuk', 'West Greenland Standard Time'],
  ['South Georgia', 'Atlantic/South_Georgia', 'South Georgia Time'],
  ['Azores', 'Atlantic/Azores', 'Azores Standard Time'],
  ['Cape Verde', 'Atlantic/Cape_Verde', 'Cape Verde Standard Time'],
  ['Accra', 'Africa/Accra', 'Greenwich Mean Time'],
  ['Dublin', 'Europe/Dublin', 'Greenwich Mean Time'],
  ['Lisbon', 'Europe/Lisbon', 'Western European Standard Time'],
  ['London', 'Europe/London', 'Greenwich Mean Time'],
  ['Reykjavik', 'Atlantic/Reykjavik', 'Greenwich Mean Time'],
  ['UTC', 'UTC', 'Coordinated Universal Time'],
  ['Algiers', 'Africa/Algiers', 'Central European Standard Time'],
  ['Amsterdam', 'Europe/Amsterdam', 'Central European Standard Time'],
  ['Belgrade', 'Europe/Belgrade', 'Central European Standard Time'],
  ['Berlin', 'Europe/Berlin', 'Central European Standard Time'],
  ['Brussels', 'Europe/Brussels', 'Central European Standard Time'],
  ['Casablanca', 'Africa/Casablanca', 'Western European Standard Time'],
  ['Copenhagen', 'Europe/Copenhagen', 'Central European Standard Time'],
  ['Lagos', 'Africa/Lagos', 'West Africa Standard Time'],
  ['Madrid', 'Europe/Madrid', 'Central European Standard Time'],
  ['Oslo', 'Europe/Oslo', 'Central European Standard Time'],
  ['Paris', 'Europe/Paris', 'Central European Standard Time'],
  ['Prague', 'Europe/Prague', 'Central European Standard Time'],
  ['Rome', 'Europe/Rome', 'Central European Standard Time'],
  ['Stockholm', 'Europe/Stockholm', 'Central European Standard Time'],
  ['Vienna', 'Europe/Vienna', 'Central European Standard Time'],
  ['Warsaw', 'Europe/Warsaw', 'Central European Standard Time'],
  ['Zurich', 'Europe/Zurich', 'Central European Standard Time'],
  ['Athens', 'Europe/Athens', 'Eastern European Standard Time'],
  ['Bucharest', 'Europe/Bucharest', 'Eastern European Standard Time'],
  ['Cairo', 'Africa/Cairo', 'Eastern European Standard Time'],
  ['Helsinki', 'Europe/Helsinki', 'Eastern European Standard Time'],
  ['Jerusalem', 'Asia/Jerusalem', 'Israel Standard Time'],
  ['Johannesburg', 'Africa/Johannesburg', 'South Africa Standard Time'],
  ['Kyiv', 'Europe/Kiev', 'Eastern European Standard Time'],
  ['Baghdad', 'Asia/Baghdad', 'Arabian Standard Time'],
  ['Istanbul', 'Europe/Istanbul', 'Turkey Time'],
  ['Moscow', 'Europe/Moscow', 'Moscow Standard Time'],
  ['Nairobi', 'Africa/Nairobi', 'East Africa Time'],
  ['Riyadh', 'Asia/Riyadh', 'Arabian Standard Time'],
  ['Tehran', 'Asia/Tehran', 'Iran Standard Time'],
  ['Baku', 'Asia/Baku', 'Azerbaijan Standard Time'],
  ['Dubai', 'Asia/Dubai', 'Gulf Standard Time'],
  ['Tbilisi', 'Asia/Tbilisi', 'Georgia Standard Time'],
  ['Kabul', 'Asia/Kabul', 'Afghanistan Time'],
  ['Karachi', 'Asia/Karachi', 'Pakistan Standard Time'],
  ['Tashkent', 'Asia/Tashkent', 'Uzbekistan Standard Time'],
  ['Colombo', 'Asia/Colombo', 'India Standard Time'],
  ['Kolkata', 'Asia/Kolkata', 'India Standard Time'],
  ['Kathmandu', 'Asia/Kathmandu', 'Nepal Time'],
  ['Dhaka', 'Asia/Dhaka', 'Bangladesh Standard Time'],
  ['Yangon', 'Asia/Yangon', 'Myanmar Time'],
  ['Bangkok', 'Asia/Bangkok', 'Indochina Time'],
  ['Ho Chi Minh City', 'Asia/Ho_Chi_Minh', 'Indochina Time'],
  ['Jakarta', 'Asia/Jakarta', 'Western Indonesia Time'],
  ['Hong Kong', 'Asia/Hong_Kong', 'Hong Kong Standard Time'],
  ['Kuala Lumpur', 'Asia/Kuala_Lumpur', 'Malaysia Time'],
  ['Manila', 'Asia/Manila', 'Philippine Standard Time'],
  ['Perth', 'Australia/Perth', 'Australian Western Standard Time'],
  ['Shanghai', 'Asia/Shanghai', 'China Standard Time'],
  ['Singapore', 'Asia/Singapore', 'Singapore Standard Time'],
  ['Taipei', 'Asia/Taipei', 'Taipei Standard Time'],
  ['Seoul', 'Asia/Seoul', 'Korean Standard Time'],
  ['Tokyo', 'Asia/Tokyo', 'Japan Standard Time'],
  ['Adelaide', 'Australia/Adelaide', 'Australian Central Standard Time'],
  ['Darwin', 'Australia/Darwin', 'Australian Central Standard Time'],
  ['Brisbane', 'Australia/Brisbane', 'Australian Eastern Standard Time'],
  ['Hobart', 'Australia/Hobart', 'Australian Eastern Standard Time'],
  ['Melbourne', 'Australia/Melbourne', 'Australian Eastern Standard Time'],
  ['Port Moresby', 'Pacific/Port_Moresby', 'Papua New Guinea Time'],
  ['Sydney', 'Australia/Sydney', 'Australian Eastern Standard Time'],
  ['Noumea', 'Pacific/Noumea', 'New Caledonia Standard Time'],
  ['Auckland', 'Pacific/Auckland', 'New Zealand Standard Time'],
  ['Fiji', 'Pacific/Fiji', 'Fiji Standard Time'],
  ['Apia', 'Pacific/Apia', 'Apia Standard Time'],
  ['Kiritimati', 'Pacific/Kiritimati', 'Line Islands Time'],
]

const knownZones = zones.map(([city, zone, name]) => ({
  key: `${city} ${name}`
    .toLowerCase()
    .replaceAll("'", '')
    .replaceAll(/[^a-z]+/g, '_'),
  label: `${city} (${name})`,
  zone,
}))

const keys: ReadonlySet<string> = new Set(knownZones.map(({ key }) => key))

/** Whether a time zone has the key. */
export function isTimezoneKey(key: string): boolean {
  return keys.has(key)
}

/** No zone changes its offset but at the beginning of a half hour, UTC. */
const periodMs = 30 * 60_000
let remembered: { period: number; names: ReadonlyMap<string, string> } | undefined

/**
 * The display names of all time zones by their keys, from west to east: `London (Greenwich Mean Time) [+01:00]`. Asking
 * `Intl` costs about ten milliseconds, so that is done once for each half hour.
 * @param now milliseconds since the epoch; the offset shown is that of this moment
 */
export function timezoneNames(now: number): ReadonlyMap<string, string> {
  const period = Math.floor(now / periodMs)
  if (remembered?.period !== period) {
    const names = knownZones.map(({ key, label, zone }) => [key, `${label} [${offset(zone, now)}]`] as const)
    remembered = { period, names: new Map(names) }
  }
  return remembered.names
}

/** `+hh:mm` of a zone at a moment. */
function offset(zone: string, now: number): string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const text = format.formatToParts(now).find(({ type }) => type === 'timeZoneName')!.value
  // `GMT-08:00`; plain `GMT` for no offset at all in some versions.
  return text === 'GMT' ? '+00:00' : text.slice('GMT'.length)
}
