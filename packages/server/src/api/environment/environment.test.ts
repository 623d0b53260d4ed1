import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../../testing.ts'

test('the environment tells its name, its host and its looks', async (t) => {
  const { as } = await start(t, { baseUrl: 'https://id.zoo.example:8443' })
  const { status, body } = await as('read:environments').get('/api/v1/environment')
  assert.equal(status, 200)
  assert.deepEqual(body, {
    code: 'OK',
    message: 'Success',
    environment: {
      code: 'production',
      name: 'Production',
      hotjar_site_id: null,
      google_analytics_tag: null,
      contentsquare_tag_id: null,
      is_default: true,
      is_live: true,
      kinde_domain: 'id.zoo.example:8443',
      custom_domain: null,
      logo: null,
      logo_dark: null,
      favicon_svg: null,
      favicon_fallback: null,
      link_color: null,
      background_color: null,
      button_color: null,
      button_text_color: null,
      link_color_dark: null,
      background_color_dark: null,
      button_text_color_dark: null,
      button_color_dark: null,
      button_border_radius: null,
      card_border_radius: null,
      input_border_radius: null,
      theme_code: 'light',
      color_scheme: 'light',
      created_on: '2026-01-15T12:00:00.000+00:00',
    },
  })
})
