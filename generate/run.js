import '../require-node.js'

const { writeGenerated, root } = await import('./generate.ts')
const count = await writeGenerated(root)
console.log(`${count} files generated`)
