/**
 * A program that asks Kinde's official validator about tokens: `testing-kinde-validator.ts <domain> <token>…`. It prints
 * the answers as a JSON list.
 */
import { validateToken } from '@kinde/jwt-validator'

const [, , domain, ...tokens] = process.argv
const answers: unknown[] = []
for (const token of tokens) answers.push(await validateToken({ token, domain }))
console.log(JSON.stringify(answers))
