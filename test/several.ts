/** Runs the test files that its arguments name, one after the other, in this process. */
import { pathToFileURL } from 'node:url'

for (const file of process.argv.slice(2)) await import(pathToFileURL(file).href)
