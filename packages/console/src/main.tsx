import './styles.css'
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Router } from 'wouter'
import { isRefusal } from './api.ts'
import { App } from './app.tsx'
import { askBeforeLeaving, watchHistory } from './components/leaving.ts'
import { preload } from './pages/pages.tsx'
import { theme } from './theme.ts'

// The code of the page is on its way while the server is asked who is there.
preload(window.location.pathname.replace(/^\/admin/, '') || '/')

watchHistory()

const queries = new QueryClient({
  defaultOptions: {
    // What the server refused, it refuses again; the client retries what did not arrive.
    queries: { retry: (failures, error) => !isRefusal(error) && failures < 2, staleTime: 15_000 },
  },
})

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={localStorageColorSchemeManager({ key: 'kindred-color-scheme' })}
      // Both would write style elements into the page, which its policy forbids. styles.css has the variables.
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queries}>
        <Router base="/admin" aroundNav={askBeforeLeaving}>
          <App />
        </Router>
        <Notifications position="bottom-right" />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
