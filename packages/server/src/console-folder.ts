/** Where the built console lies. Sources and bundle lie equally deep below their package. */
export const consoleFolder = new URL('../../console/dist/', import.meta.url)
