import { Page } from '../../components/page.tsx'
import { ApiKeyList } from './api-key-list.tsx'

/** The API keys of everybody. */
export default function ApiKeys() {
  return (
    <ApiKeyList
      frame={(add, list) => (
        <Page
          title="API keys"
          lede="Long-lived keys for one API with fixed scopes, given to customers and checked by your API through this server."
          actions={add}
        >
          {list}
        </Page>
      )}
    />
  )
}
