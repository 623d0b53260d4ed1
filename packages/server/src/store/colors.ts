import { invalid, shown } from '../errors.ts'

/** A colour of a brand, in the three spellings that the API shows. */
export interface Color {
  /** As it was set. */
  raw: string
  hex: string
  hsl: string
}

/**
 * Reads `#rgb`, `#rrggbb` or `hsl(h, s%, l%)`.
 * @throws {ApiError} 400 INVALID_COLOR
 */
export function parseColor(raw: string, field: string): Color {
  const text = raw.trim().toLowerCase()
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(text)
  const hex =
    short === null
      ? text
      : `#${short
          .slice(1)
          .map((digit) => digit + digit)
          .join('')}`
  if (/^#[0-9a-f]{6}$/.test(hex)) return { raw, hex, hsl: hslOf(hex) }
  const hsl = /^hsl\(\s*(\d{1,3})(?:deg)?[\s,]+(\d{1,3})%[\s,]+(\d{1,3})%\s*\)$/.exec(text)
  if (hsl !== null) {
    const [hue, saturation, lightness] = hsl.slice(1).map(Number) as [number, number, number]
    if (hue <= 360 && saturation <= 100 && lightness <= 100) {
      return { raw, hex: hexOf(hue, saturation, lightness), hsl: `hsl(${hue}, ${saturation}%, ${lightness}%)` }
    }
  }
  throw invalid(field, `${shown(raw)} is no colour. Use #rrggbb or hsl(h, s%, l%).`, 'INVALID_COLOR')
}

function hslOf(hex: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as [
    number,
    number,
    number,
  ]
  const most = Math.max(red, green, blue)
  const range = most - Math.min(red, green, blue)
  const lightness = most - range / 2
  const saturation = range === 0 ? 0 : range / (1 - Math.abs(2 * lightness - 1))
  let hue = 0
  if (range > 0) {
    if (most === red) hue = ((green - blue) / range) % 6
    else if (most === green) hue = (blue - red) / range + 2
    else hue = (red - green) / range + 4
  }
  const degrees = Math.round(hue * 60 + (hue < 0 ? 360 : 0))
  return `hsl(${degrees}, ${Math.round(saturation * 100)}%, ${Math.round(lightness * 100)}%)`
}

function hexOf(hue: number, saturation: number, lightness: number): string {
  const light = lightness / 100
  const chroma = (saturation / 100) * Math.min(light, 1 - light)
  const channel = (offset: number) => {
    const position = (offset + hue / 30) % 12
    const value = light - chroma * Math.max(-1, Math.min(position - 3, 9 - position, 1))
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0')
  }
  return `#${channel(0)}${channel(8)}${channel(4)}`
}
