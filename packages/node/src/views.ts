/** What the page shows, for programs that are not the page. */
export { type Viewed, viewMetagraph, viewSubnets, viewValidators } from './dashboard/page-views.ts'
