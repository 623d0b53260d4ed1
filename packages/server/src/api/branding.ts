import { Type } from '@sinclair/typebox'
import { Choice, Nullable } from '../operation.ts'
import { themeCodes } from '../store/organizations.ts'

const color = Type.Optional(
  Nullable(
    Type.Object({
      raw: Type.Optional(Type.String({ description: 'As it was set.' })),
      hex: Type.Optional(Type.String({ description: 'As #rrggbb.' })),
      hsl: Type.Optional(Type.String({ description: 'As hue, saturation and lightness.' })),
    }),
  ),
)
const url = (what: string) => Type.Optional(Nullable(Type.String({ description: `URL of ${what}.` })))
const radius = (what: string) => Type.Optional(Nullable(Type.Integer({ description: `Rounding of ${what}, pixels.` })))

/** URLs of pictures, as replies of the environment and of organizations have them. */
export const pictureMembers = {
  logo: url('the logo'),
  logo_dark: url('the logo on dark ground'),
  favicon_svg: url('the favicon, SVG'),
  favicon_fallback: url('the favicon for browsers that show no SVG'),
}

/** Colours, shapes and theme, as the same replies have them. */
export const themeMembers = {
  link_color: color,
  background_color: color,
  button_color: color,
  button_text_color: color,
  link_color_dark: color,
  background_color_dark: color,
  button_text_color_dark: color,
  button_color_dark: color,
  button_border_radius: radius('buttons'),
  card_border_radius: radius('cards'),
  input_border_radius: radius('inputs'),
  theme_code: Type.Optional(Choice(themeCodes, { description: 'Light, dark, or as the user prefers.' })),
  color_scheme: Type.Optional(
    Choice(['light', 'dark', 'light dark'], { description: 'The theme, as a meta tag says it.' }),
  ),
}
