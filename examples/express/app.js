// A small application in front of Kinde, as its documentation has people write one: nothing in it knows of Kindred.
import { init, Users } from '@kinde/management-api-js'
import express from 'express'

/** Reads KINDE_DOMAIN, KINDE_MANAGEMENT_CLIENT_ID and KINDE_MANAGEMENT_CLIENT_SECRET. */
export function createApp() {
  init()
  const app = express()
  app.use(express.urlencoded({ extended: false }))

  app.get('/', async (_request, response) => {
    const { users } = await Users.getUsers()
    response.send(page(users ?? []))
  })

  app.post('/', async (request, response) => {
    const { name, email } = request.body
    const identities = [{ type: 'email', details: { email } }]
    await Users.createUser({ requestBody: { profile: { given_name: name }, identities } })
    response.redirect(303, '/')
  })

  app.use((error, _request, response, _next) => {
    const isBusy = error.status === 429
    response.status(isBusy ? 503 : 500).send(isBusy ? 'Many people are here. Try again soon.' : 'Something went wrong.')
  })
  return app
}

function page(users) {
  const items = users.map(
    ({ first_name: name, email }) => `<li>${escaped(name ?? '')} &lt;${escaped(email ?? '')}&gt;</li>`,
  )
  return `<!doctype html><html lang="en"><title>People</title><h1>People</h1><ul>${items.join('')}</ul>
    <form method="post"><input name="name" aria-label="Name"><input name="email" aria-label="E-mail"><button>Add</button></form>`
}

function escaped(text) {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

if (import.meta.main) {
  const server = createApp().listen(process.env.PORT ?? 3000, () => console.log(`port ${server.address().port}`))
}
