import { createTheme, Modal, Tooltip } from '@mantine/core'

/** What styles.css says of colors holds for these components; here are only their manners. */
export const theme = createTheme({
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // The scroll lock would write a style element into the page, which its policy forbids; styles.css locks instead.
    Modal: Modal.extend({
      defaultProps: { lockScroll: false, centered: false, radius: 'lg', closeButtonProps: { 'aria-label': 'Close' } },
    }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, withArrow: true } }),
  },
})
