/** For tests of the packages above. */
export { deployCircleDollar } from './circle-dollar.ts'
