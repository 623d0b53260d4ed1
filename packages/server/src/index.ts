/** What a program that runs Kindred needs: the `kindred` command is one. */
export { makeResetLink, makeSetupLink } from './administrator-recovery.ts'
export { type Config, readConfig, type Setting, settings } from './config.ts'
export { StartError } from './errors.ts'
export { rotateKeys } from './key-rotation.ts'
export { type Running, serve } from './main.ts'
export { readFirstClient } from './read-first-client.ts'
export { readyLine, readyText } from './ready.ts'
