import '../require-node.js'

await import('./run.ts')
