// Before the first paint, so that a dark page does not flash white. A file, since no script stands in the page.
;(() => {
  const stored = localStorage.getItem('kindred-color-scheme')
  const dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
})()
