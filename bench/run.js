import '../require-node.js'

await import('./bench.ts')
