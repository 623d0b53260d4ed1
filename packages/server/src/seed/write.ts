import type { Seed } from './seed.ts'

/**
 * A seed as the text of a file, in the form that `readSeed` reads.
 * @param heading lines for people, which come first where the form has comments
 */
export async function seedText(seed: Seed, form: 'yaml' | 'json', heading: readonly string[] = []): Promise<string> {
  if (form === 'json') return `${JSON.stringify(seed, null, 2)}\n`
  const { stringify } = await import('../yaml.ts')
  return heading.map((line) => `# ${line}\n`).join('') + stringify(seed, { lineWidth: 0 })
}
