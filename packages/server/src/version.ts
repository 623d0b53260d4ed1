import description from '../package.json' with { type: 'json' }

/** The version of this server: the header `kindred-version` of the token endpoint. */
export const { version } = description
