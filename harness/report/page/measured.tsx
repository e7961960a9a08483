/** How each kind of figure was measured. */
const words = {
  size: 'Bytes of the encoded file of each phase. A number is shown only after the file was decoded and compared with what went in, span by span; the floor is what no exact encoder can be expected to beat.',
  cpu: "CPU time of the process that encodes or decodes, without the reading of the input; the median of the rounds. The spread is the rounds' median absolute deviation.",
  parts: 'Each phase counts the bytes of its own parts while it writes; they add up to the file.',
  memory: 'The peak of resident memory of a process that does nothing else.',
  price:
    'The same questions are asked of the original and of what was kept, by the same code, and their answers compared.',
  history: 'Bytes of the encoded file in each run of the same data; the command made the run that is shown.',
  moves: 'Sizes are compared exactly, times beyond three times the spreads of both runs.',
  queries:
    'Each answer was held against the true one, found in memory from the traces themselves, before its query was timed. CPU time of an operation, the median of the rounds; bytes are counted where the file is read.',
  scale:
    'Each part of the input was encoded, decoded and compared before it was timed, in processes of their own; the median of the rounds.',
  loss: 'The traces are sampled under each policy and kept in blockpack. The same questions are asked of the original and of what was kept, and their answers compared.',
  serve:
    'A process replays a capture against the store, which runs in another one on the same machine. A number is shown where the store then has exactly the spans that it had acknowledged.',
  cluster:
    'A process replays a capture against a cluster for each format, one after the other, whose processes share this machine. A number is shown where the frontend then counts exactly the spans that were acknowledged.',
} as const

/** How a figure came about, and the command that makes it anew. */
export function Measured({ what, command }: { what: keyof typeof words; command: string | null }) {
  return (
    <details class="measured">
      <summary>How it was measured</summary>
      <p>{words[what]}</p>
      {command !== null && <code>{command}</code>}
    </details>
  )
}
