import { openApiDocument } from '../packages/server/src/openapi.ts'
import { compare } from './compare.ts'
import { deviations } from './deviations.ts'
import { openApi } from './document.ts'
import { absence, readOfficialDocument } from './official.ts'
import { judge, report } from './report.ts'

const official = readOfficialDocument()
if (official === undefined) console.log(absence)
else {
  const comparison = compare(
    official,
    openApi(openApiDocument('https://localhost:8443'), 'The document of this server'),
  )
  const judgement = judge(comparison.deviations, deviations)
  console.log(report(comparison, judgement))
  if (judgement.unexplained.length > 0 || judgement.stale.length > 0) process.exitCode = 1
}
