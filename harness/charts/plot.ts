/** What pictures need of the library, which takes 60 ms to load: who draws loads it. */
export { axisY, barX, dot, initializer, lineY, link, plot, ruleX, ruleY, text } from '@observablehq/plot'
