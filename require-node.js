/**
 * Ends the process with exit code 2 and one line on stderr when Node.js is too old to run the TypeScript sources.
 *
 * A launcher imports this file statically and its program dynamically:
 *
 *     import './require-node.js'
 *     await import('./program.ts')
 *
 * Static imports are hoisted and parsed before any of them runs, so with `import './program.ts'` an old Node.js would
 * stop at the first type annotation with a syntax error. For the same reason this file, and every launcher, keeps to
 * JavaScript that Node.js 14 can parse.
 */
import { writeSync } from 'node:fs'

const oldest = 24

if (Number(process.versions.node.split('.')[0]) < oldest) {
  // writeSync, because process.exit() does not wait for what stderr still holds when it is a pipe.
  writeSync(
    2,
    `Kindred needs Node.js ${oldest} or newer; this is ${process.versions.node}. ` +
      'Run it through npm (npm start, npx kindred …), which uses the runtime that npm ci installed.\n',
  )
  process.exit(2)
}
