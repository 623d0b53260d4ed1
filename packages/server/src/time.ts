/** A moment as the API writes it: RFC 3339 in UTC, with `+00:00` as Kinde has it. @param ms milliseconds since the epoch */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}+00:00`
}
