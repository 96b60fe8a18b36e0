/** What the page shows, for programs that are not the page. */
export { type OwnerViews, openOwnerViews } from './dashboard/owner-views.ts'
export {
  type Viewed,
  viewAgent,
  viewAgents,
  viewJob,
  viewJobs,
  viewMetagraph,
  viewSubnets,
  viewValidators,
} from './dashboard/page-views.ts'
