import { expectedBy } from '../../lib/conformance/case.ts'
import type { VerdictKind } from '../../lib/conformance/verdict.ts'
import { escapeMarkup } from '../text/markup.ts'
import { countTopics, kindsIn, notRight, type TopicCount } from './report.ts'
import type { Conformance, Result } from './run.ts'

/** What the page says of the server and of when it was asked. */
export interface PageFacts {
  /** As `/api/status/buildinfo` names itself. */
  readonly version: string
  readonly query: string
  readonly date: string
  readonly profile: string
}

/** The report as one HTML file, which loads nothing. */
export function renderHtml(found: Conformance, { version, query, date, profile }: PageFacts): string {
  const wrong = notRight(found)
  const topics = countTopics(found.results)
  const verdict = wrong.length === 0 ? 'all answers are right' : `${wrong.length} answers are not right`
  const ofTopic = (name: string) => found.results.filter(result => result.case.topic === name)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Conformance: ${escapeMarkup(verdict)}</title><style>${style}</style></head><body>
<h1>${found.results.length} questions, ${escapeMarkup(verdict)}</h1>
<p>${escapeMarkup(`${query}, version ${version}, ${date}. What is right: ${profile}.`)}</p>
${found.notes.map(note => `<p class="wrong">${escapeMarkup(note)}</p>`).join('\n')}
${countTable(topics, kindsIn(topics))}
${topics
  .slice(0, -1)
  .map(topic => topicSection(topic, ofTopic(topic.topic), found))
  .join('\n')}
</body></html>
`
}

const style = `:root{color-scheme:light dark}body{font:14px/1.4 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em}
table{border-collapse:collapse}th,td{padding:2px 10px;text-align:left;vertical-align:top;border-bottom:1px solid #8884}
.n{text-align:right}code{font:12px ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
summary{cursor:pointer;margin:.6em 0}.right{color:#18794e}.wrong,.foreign{color:#cd2b31;font-weight:600}
.refused,.unsupported,.slow,.dropped,.html{color:#ad5700}small{opacity:.7}`

function countTable(topics: readonly TopicCount[], kinds: readonly VerdictKind[]): string {
  const head = ['topic', 'cases', ...kinds].map((name, i) => `<th${i > 0 ? ' class="n"' : ''}>${name}</th>`).join('')
  const rows = topics.map(({ topic, cases, counts }) => {
    const cells = kinds.map(kind => `<td class="n ${counts[kind] > 0 ? kind : ''}">${counts[kind] || ''}</td>`)
    const name = topic === 'all' ? topic : `<a href="#${topic}">${topic}</a>`
    return `<tr><td>${name}</td><td class="n">${cases}</td>${cells.join('')}</tr>`
  })
  return `<table><tr>${head}</tr>\n${rows.join('\n')}</table>`
}

/** The cases of a topic, shown at once where one of them is not right. */
function topicSection(
  { topic, cases, counts }: TopicCount,
  results: readonly Result[],
  { profile }: Conformance,
): string {
  const rows = results.map(({ case: one, verdict: { kind, detail = '' } }) => {
    const expected = expectedBy(one, profile).map(check => `${check.kind} ${check.text}`)
    const parts = [
      `${escapeMarkup(one.why)}<br><code>${escapeMarkup(one.text)}</code>`,
      code(expected.join('\n')),
      code(detail),
    ]
    const cells = parts.map(part => `<td>${part}</td>`).join('')
    return `<tr title="${escapeMarkup(one.source).replaceAll('"', '&quot;')}"><td class="${kind}">${kind}</td>${cells}</tr>`
  })
  const head = `${topic} <small>${counts.right} of ${cases}</small>`
  return `<details id="${topic}"${counts.right < cases ? ' open' : ''}><summary>${head}</summary><table>
<tr><th>verdict</th><th>asked</th><th>expected</th><th>answered</th></tr>
${rows.join('\n')}</table></details>`
}

function code(text: string): string {
  return text === '' ? '' : `<code>${escapeMarkup(text)}</code>`
}
