import type { Bench } from '../../runs/measurement-schema.ts'
import { benchDocument } from '../../view/bench-documents.ts'
import { DocumentView } from './document-view.tsx'
import { Measured } from './measured.tsx'

/** A bench as its committed page has it. */
export function BenchView({ bench }: { bench: Bench }) {
  const measured = <Measured what={bench.kind} command={bench.environment.command} />
  return (
    <section class="bench">
      <DocumentView document={benchDocument(bench)} title={bench.kind} note={measured} />
      {measured}
    </section>
  )
}
