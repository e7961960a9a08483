/** What a live store has done since it started. */
export class LiveCounters {
  records = 0
  bytes = 0
  spans = 0
  /** Records that cannot be read. */
  poison = 0
  /** Segments that were written to the folder. */
  segments = 0
  failures = 0
  /** Called with how long that took. */
  onClosed: (seconds: number) => void = () => {}

  segmentClosed(seconds: number): void {
    this.segments++
    this.onClosed(seconds)
  }
}
