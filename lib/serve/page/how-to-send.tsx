/** What to do where there are no spans yet. */
export function HowToSend({ ports }: { ports: Readonly<Record<string, number>> }) {
  const { otlpHttp } = ports
  const endpoint = `http://${location.hostname}:${otlpHttp}`
  return (
    <section>
      <h2>There are no spans yet</h2>
      {otlpHttp === undefined ? (
        <p>The server takes none over HTTP.</p>
      ) : (
        <>
          <p>Send from an OpenTelemetry collector:</p>
          <pre>{`exporters:\n  otlp_http: { endpoint: ${endpoint} }`}</pre>
          <p>Or one span by hand:</p>
          <pre>{curlOf(endpoint)}</pre>
        </>
      )}
    </section>
  )
}

function curlOf(endpoint: string): string {
  const start = `${Date.now()}000000`
  const end = `${Date.now() + 50}000000`
  return [
    `curl ${endpoint}/v1/traces -H 'content-type: application/json' -d '{"resourceSpans": [{`,
    `  "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "hello"}}]},`,
    `  "scopeSpans": [{"spans": [{"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174",`,
    `    "name": "first span", "kind": 2, "startTimeUnixNano": "${start}", "endTimeUnixNano": "${end}"}]}]}]}'`,
  ].join('\n')
}
