import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The build goes to `dist/`, which the server serves below /admin. */
export default defineConfig({
  base: '/admin/',
  plugins: [react()],
  build: {
    rolldownOptions: {
      input: ['index.html', 'docs/index.html'],
      checks: { pluginTimings: false },
      // What many pages need comes in one file instead of forty.
      output: { codeSplitting: { groups: [{ name: 'base', minShareCount: 8 }] } },
    },
    target: 'es2023',
    // Nothing is put into the page as a data: address: the policy of the page allows files of the server alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1700,
  },
})
