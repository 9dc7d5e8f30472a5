// Made from the core's types by its tests; don't edit.
export type Address = string;
export type AdoptSite = { 
/**
 * The name of the site's folder below `sites/`
 */
site: SiteName, };
export type AllowPath = { 
/**
 * The site.
 */
site: SiteName, 
/**
 * A folder or file outside of it, absolute.
 */
path: string, 
/**
 * Let PHP change it, too.
 */
write: boolean, };
export type Allowed = { 
/**
 * Where it is, absolute.
 */
path: string, 
/**
 * Whether PHP may change it, too.
 */
write: boolean, };
/** What answers each question. */
export interface Answers {
  sites: Array<SiteRow>;
  site_cards: Array<SiteCard>;
  board: Board;
  environment: EnvironmentInfo;
  code_log: Array<CommitRow>;
  diffstat: Array<FileChange>;
  diff: string;
  deploy_plan: DeployPlan;
  multidevs: Array<MultidevRow>;
  branches: Array<BranchRow>;
  upstream: Upstream | null;
  upstream_updates: UpstreamStatus;
  orphans: Array<CommitRow>;
  commit: CommitInfo;
  commit_diff: string;
  deploys: Array<DeployRow>;
  merge_plan: MergePlan;
  connection: Connection;
  hooks: Array<Hook>;
  launch_check: LaunchCheck | null;
  smoke_report: SmokeReport | null;
  configuration: Configuration;
  repair_plan: RepairPlan;
  workflows: Array<WorkflowRow>;
  workflow_log: string;
  lock: LockInfo;
  log: LogPage;
  mail: Array<MailRow>;
  mail_message: MailMessage;
  mail_part: string;
  cron: CronInfo;
  doctor: Array<Check>;
  status: Status;
  command: string;
  generations: Array<GenerationInfo>;
  search_replace_plan: SearchReplacePlan;
  clone_plan: ClonePlan;
  import_plan: ImportPlan;
  compare_content: ContentComparison;
  clone_profile: CloneProfile;
  keep_rule: KeepRule;
  allowed: Array<Allowed>;
  keep_plan: FreePlan;
  free_plan: FreePlan;
  disk: DiskReport;
  inspect: Array<Inspected>;
  backups: Array<Backup>;
}
export type ApplyUpstream = { 
/**
 * Dev or a multidev, as in `acme.dev`
 */
environment: Address, 
/**
 * Run the system's database updates after the code is there
 */
updatedb: boolean, 
/**
 * Take the upstream's lines where both changed
 */
accept_upstream: boolean, 
/**
 * How a file that conflicts is solved; may be given for each
 */
resolve: Array<Resolution>, };
export type Backup = { 
/**
 * Its folder's name: when it was made, in seconds since 1970, and by whom it was asked for, as in `1764580000_backup`.
 */
id: string, 
/**
 * The environment.
 */
environment: Address, 
/**
 * When it was begun.
 */
made: string, 
/**
 * Until when it is kept; none for as long as nobody deletes it.
 */
kept_until: string | null, 
/**
 * What the person wrote about it.
 */
note: string | null, 
/**
 * The site's permanent id.
 */
site_id: string, 
/**
 * The site's system.
 */
cms: Cms, 
/**
 * The engine that held the database.
 */
engine: DatabaseEngine, 
/**
 * The address that the site had, without a slash at the end.
 */
url: string, 
/**
 * The commit that the environment ran.
 */
commit: string, 
/**
 * The branch or the deploy tag that it was on.
 */
reference: string, 
/**
 * The version of Portico that made it.
 */
version: string, 
/**
 * Whether it was to hold all that the environment had then; else it is a backup of some parts alone.
 */
complete: boolean, 
/**
 * Its archives. Of a complete one, what is not among them the environment did not have.
 */
parts: Array<BackupPart>, 
/**
 * Where its archives are; not a part of the manifest, for it may be moved.
 */
folder?: string, 
/**
 * What the last check found; none when it was never finished.
 */
check: BackupCheck | null, };
export type BackupCheck = { 
/**
 * When.
 */
at: string, 
/**
 * What is wrong with it; none when all of it is as it was written.
 */
problem: string | null, };
export type BackupPart = { 
/**
 * What it holds.
 */
element: Element, 
/**
 * Its name.
 */
file: string, 
/**
 * Its bytes.
 */
bytes: number, 
/**
 * The SHA-256 of these bytes, 64 hex digits.
 */
sha256: string, 
/**
 * Files and folders in it; the tables of a database.
 */
entries: number, 
/**
 * The rows of a database.
 */
rows: number | null, };
export type Becomes = "code" | "database" | "files" | "unused";
export type Board = { 
/**
 * The site.
 */
site: SiteRow, 
/**
 * The system's version, as its code says.
 */
cms_version: string | null, 
/**
 * Where Git clients clone and push.
 */
repository: string, 
/**
 * Updates of its upstream that Dev lacks; none when it has no upstream, or nobody has looked yet.
 */
upstream_updates: number | null, 
/**
 * What is broken of the site as a whole: its repository.
 */
damage: Array<Damage>, 
/**
 * Dev, Test, Live, then the multidevs by name.
 */
environments: Array<EnvironmentInfo>, 
/**
 * The newest twenty workflows, newest first.
 */
workflows: Array<WorkflowRow>, };
export type BranchRow = { 
/**
 * Its short name.
 */
name: string, 
/**
 * The commit it is at.
 */
commit: CommitRow, 
/**
 * The environment that follows it.
 */
environment: EnvironmentName | null, 
/**
 * Commits that it has and Dev lacks.
 */
ahead: number, 
/**
 * Commits that Dev has and it lacks.
 */
behind: number, };
export type BringToDev = { 
/**
 * Test or Live of a site, as in `acme.live`
 */
environment: Address, 
/**
 * How a file that conflicts is solved; may be given for each
 */
resolve: Array<Resolution>, };
export type Check = { 
/**
 * The program, as people call it.
 */
name: string, 
/**
 * Whether it is there and complete.
 */
ok: boolean, 
/**
 * Whether sites can run without it.
 */
optional: boolean, 
/**
 * Its version.
 */
version: string | null, 
/**
 * Where it was found.
 */
path: string | null, 
/**
 * What it lacks, or why it is no use: "lacks mysqli, gd".
 */
problem: string | null, 
/**
 * How to get it on this system: a command, or a sentence.
 */
remedy: string | null, };
export type ClearCache = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, };
export type ClearMail = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, };
export type CloneContent = { 
/**
 * The environment whose content is copied, as in `acme.live`
 */
from: Address, 
/**
 * The environment whose content is replaced
 */
to: EnvironmentName, 
/**
 * Only the database
 */
db_only: boolean, 
/**
 * Only the files
 */
files_only: boolean, 
/**
 * Clear caches afterwards
 */
cc: boolean, 
/**
 * Run the system's database updates afterwards
 */
updatedb: boolean, 
/**
 * Bring the configuration of the code into the database, after the updates
 */
config_import: boolean, 
/**
 * One more address to replace, beside those of the source that are found
 */
from_url: string | null, 
/**
 * What replaces it
 */
to_url: string | null, 
/**
 * Leave the addresses in the database as they are
 */
keep_urls: boolean, 
/**
 * Copy the rows of cache and log tables too
 */
full: boolean, 
/**
 * Leave the rows of this table behind, too (`*` for any letters); can be given more than once
 */
exclude_table: Array<string>, 
/**
 * The site's name, to confirm that content goes up to Live
 */
confirm: string | null, };
export type ClonePlan = { 
/**
 * Whose content is copied.
 */
from: Address, 
/**
 * Whose content is replaced.
 */
to: Address, 
/**
 * The database that is copied, measured now; none when only files are.
 */
database: DatabaseInfo | null, 
/**
 * The files that are copied, measured now; none when only the database is.
 */
files: FilesInfo | null, 
/**
 * What is replaced, as last measured.
 */
replaces: ContentInfo, 
/**
 * Tables whose rows stay behind.
 */
excluded: Array<TableSize>, 
/**
 * Addresses that are converted.
 */
pairs: Array<Replacement>, 
/**
 * Disk and time.
 */
effort: Effort, 
/**
 * The site's name has to be typed: content goes up to Live.
 */
confirm: boolean, };
export type CloneProfile = { 
/**
 * Tables whose rows are left out, without their prefix; `*` stands for any letters.
 */
exclude: Array<string>, 
/**
 * Whether this is the system's own list, which nobody has changed.
 */
is_default: boolean, };
export type Cms = "wordpress" | "drupal7" | "drupal" | "php" | "html";
export type Code = "failed" | "usage" | "not_found" | "busy" | "refused" | "missing" | "damaged" | "cancelled";
export type CodeInfo = { 
/**
 * The commit it runs, 40 hex digits.
 */
commit: string | null, 
/**
 * The tag it runs (Test and Live).
 */
tag: string | null, 
/**
 * The branch it follows (Dev and multidev).
 */
branch: string | null, 
/**
 * The commit's subject; on Test and Live the deploy message.
 */
message: string | null, 
/**
 * The commit's author.
 */
author: string | null, 
/**
 * When it was committed, or deployed.
 */
date: string | null, 
/**
 * How many commits the parent has and this environment lacks; none on Dev.
 */
deployable: number, 
/**
 * How many commits this environment has and Dev lacks: a deploy would drop them (Test and Live).
 */
orphans: number, 
/**
 * How many files are changed and not committed (Dev and multidev).
 */
uncommitted: number, 
/**
 * What a person should know of the commit's files.
 */
warnings: Array<CodeWarning>, };
export type CodeWarning = { 
/**
 * What it is: lower case, no full stop.
 */
message: string, 
/**
 * What to do: full sentences.
 */
hint: string, };
export type Commit = { 
/**
 * Dev or a multidev, as in `acme.dev`
 */
environment: Address, 
/**
 * What changed, and why
 */
message: string, 
/**
 * Only these files [default: all that changed]
 */
files: Array<string>, };
export type CommitInfo = { 
/**
 * As lists show it; its labels are left empty.
 */
row: CommitRow, 
/**
 * The whole message.
 */
message: string, 
/**
 * The author's address.
 */
email: string, 
/**
 * The commits that it came from; more than one for a merge.
 */
parents: Array<string>, 
/**
 * What it changed against the first of them.
 */
files: Array<FileChange>, };
export type CommitRow = { 
/**
 * 40 hex digits.
 */
commit: string, 
/**
 * The message's first line.
 */
subject: string, 
/**
 * The author's name.
 */
author: string, 
/**
 * When it was committed.
 */
date: string, 
/**
 * `pantheon_…` tags on it.
 */
tags: Array<string>, 
/**
 * Environments whose code contains it.
 */
labels: Array<EnvironmentName>, };
export type ConfigItem = { 
/**
 * The bundle, feature or collection; empty for none.
 */
group: string, 
/**
 * Its name.
 */
name: string, 
/**
 * How it stands.
 */
state: ConfigState, };
export type ConfigState = "only_in_code" | "only_in_database" | "differs";
export type Configuration = { 
/**
 * What keeps configuration in code: "WP-CFM", "ACF JSON", "Features"; none where nothing does.
 */
system: string | null, 
/**
 * How many pieces are the same.
 */
same: number, 
/**
 * The others.
 */
items: Array<ConfigItem>, };
export type Conflict = { 
/**
 * The path in the code.
 */
file: string, 
/**
 * What the environment has; none when it has no such file.
 */
ours: Side | null, 
/**
 * What comes; none when it has no such file.
 */
theirs: Side | null, 
/**
 * What both came from.
 */
base: Side | null, 
/**
 * Both sides between markers, where both are text.
 */
merged: string | null, };
export type Connection = { 
/**
 * How its code is changed.
 */
connection_mode: ConnectionMode | null, 
/**
 * Where it answers.
 */
url: string, 
/**
 * What clones the site's repository; with the branch, where it has one.
 */
git_command: string, 
/**
 * The folder of its code.
 */
code_folder: string, 
/**
 * The folder of its uploaded files.
 */
files_folder: string, 
/**
 * Its database; none on a site without PHP.
 */
database: DatabaseConnection | null, };
export type ConnectionMode = "sftp" | "git";
export type ContentComparison = { 
/**
 * The environment that may have more.
 */
from: Address, 
/**
 * The environment that may lack it.
 */
to: Address, 
/**
 * Posts or nodes; none where the system has neither.
 */
entries: NewerEntries | null, 
/**
 * Tables that differ in rows, or that one of both lacks, largest difference first.
 */
tables: Array<TableDifference>, 
/**
 * Files of `from`.
 */
files_from: FilesSeen, 
/**
 * Files of `to`.
 */
files_to: FilesSeen, };
export type ContentInfo = { 
/**
 * The number of the generation in use; 0 where there is none yet.
 */
generation: number, 
/**
 * Where it came from.
 */
origin: Origin | null, 
/**
 * When it came from there.
 */
origin_at: string | null, 
/**
 * The database, as last measured.
 */
database: DatabaseInfo, 
/**
 * The uploaded files, as last measured.
 */
files: FilesInfo, };
export type CreateBackup = { 
/**
 * The environment, as in `acme.live`
 */
environment: Address, 
/**
 * What is backed up
 */
element: Elements, 
/**
 * For how long it is kept [default: 365]
 */
keep_for: KeepFor | null, 
/**
 * What it is for
 */
note: string | null, };
export type CreateMultidev = { 
/**
 * The environment whose database and files are copied, as in `acme.live`
 */
from: Address, 
/**
 * The new environment's name; a branch of that name is used if there is one
 */
name: EnvironmentName, 
/**
 * Begin with an empty database
 */
no_db: boolean, 
/**
 * Begin without files
 */
no_files: boolean, 
/**
 * Make its branch at this branch or tag [default: Dev's commit]
 */
at: string | null, };
export type CreateSite = { 
/**
 * The permanent name, part of every address
 */
name: SiteName, 
/**
 * A folder, a Git URL or path, or a .zip or .tar.gz of code or of a whole site; `sample` for the sample site
 */
from: string, 
/**
 * The name that people read [default: the site's name]
 */
label: string | null, 
/**
 * Where the database is kept [default: mariadb where it is installed]
 */
database: DatabaseEngine | null, 
/**
 * The branch that Dev follows [default: the repository's own]
 */
branch: string | null, 
/**
 * Take uploads that Git tracks out of it with one more commit; they become Dev's uploads
 */
untrack_uploads: boolean, 
/**
 * Of an archive or a folder with several dumps, the one to load
 */
entry: string | null, 
/**
 * `code`: take the code alone, and leave databases and backups that lie in it
 */
taken_as: ImportAs | null, };
export type CronInfo = { 
/**
 * When it runs.
 */
mode: CronMode, 
/**
 * Minutes between two runs.
 */
every: number, 
/**
 * Whether Portico knows the cron of the site's system.
 */
known: boolean, 
/**
 * The last run.
 */
last: CronRun | null, 
/**
 * When it runs next, if it does so by itself and the environment is awake then.
 */
next: string | null, };
export type CronMode = "awake" | "on" | "off";
export type CronRun = { 
/**
 * When it began.
 */
at: string, 
/**
 * Whether it went well.
 */
ok: boolean, 
/**
 * Milliseconds.
 */
ms: number, 
/**
 * What it said.
 */
said: string, };
export type Damage = { 
/**
 * The environment that it is of; none when it is the site's.
 */
environment: EnvironmentName | null, 
/**
 * The part.
 */
part: Part, 
/**
 * What is broken: lower case, no full stop.
 */
message: string, 
/**
 * What repairing would do, or what a person can: a full sentence.
 */
action: string, 
/**
 * How it comes back.
 */
way_back: WayBack, 
/**
 * Whether the environment can't answer visitors meanwhile.
 */
stops: boolean, };
export type DatabaseConnection = { 
/**
 * Which engine it is.
 */
engine: DatabaseEngine, 
/**
 * MariaDB's socket (a named pipe on Windows), or SQLite's file.
 */
path: string, 
/**
 * The database's name; none of SQLite's.
 */
name: string | null, 
/**
 * The user.
 */
user: string | null, 
/**
 * The user's password.
 */
password: string | null, 
/**
 * A client's command line.
 */
command: string, };
export type DatabaseEngine = "mariadb" | "sqlite";
export type DatabaseInfo = { 
/**
 * Which engine holds it.
 */
engine: DatabaseEngine, 
/**
 * Tables.
 */
tables: number, 
/**
 * Rows.
 */
rows: number, 
/**
 * Whether `rows` is the engine's own estimate: counting them all would take long.
 */
estimated: boolean, 
/**
 * Bytes of data and indexes.
 */
bytes: number, };
export type DeleteBackup = { 
/**
 * The environment, as in `acme.live`
 */
environment: Address, 
/**
 * The backup, by its id or the name of one of its archives; `backup:list` shows them
 */
file: string, };
export type DeleteMultidev = { 
/**
 * The multidev, as in `acme.blog`
 */
environment: Address, 
/**
 * Delete its branch too
 */
delete_branch: boolean, };
export type DeleteSite = { 
/**
 * The site
 */
site: SiteName, 
/**
 * The site's name once more, to confirm
 */
confirm: string | null, };
export type Deploy = { 
/**
 * Test or Live of a site, as in `acme.test`
 */
environment: Address, 
/**
 * Pull the database and files from Live first (Test only)
 */
sync_content: boolean, 
/**
 * The deploy log message
 */
note: string | null, 
/**
 * Run the system's database updates after the code is there
 */
updatedb: boolean, 
/**
 * Clear caches afterwards
 */
cc: boolean, 
/**
 * Deploy this multidev's code instead of the environment before: a hotfix
 */
from: EnvironmentName | null, 
/**
 * Bring the configuration of the code into the database, after the updates
 */
config_import: boolean, };
export type DeployPlan = { 
/**
 * Where it goes.
 */
environment: Address, 
/**
 * Where it comes from.
 */
from: EnvironmentName, 
/**
 * Whether it creates the environment, with the parent's content.
 */
first: boolean, 
/**
 * What the environment lacks, newest first; the first 200.
 */
commits: Array<CommitRow>, 
/**
 * How many there are in all.
 */
deployable: number, 
/**
 * Changed files of the parent that are not committed and so stay behind.
 */
uncommitted: number, 
/**
 * Commits that the environment has and would lose: a hotfix that never came to Dev, or what a hotfix passes by.
 */
dropped: number, 
/**
 * The tag that it would make.
 */
tag: string, 
/**
 * Live's content, when it can be pulled into Test.
 */
content: ContentInfo | null, 
/**
 * What a person should know of the files that would be deployed.
 */
warnings: Array<CodeWarning>, 
/**
 * Database updates that the new code would run on what the environment holds.
 */
updates: Array<PendingUpdate>, };
export type DeployRow = { 
/**
 * `pantheon_test_N`.
 */
tag: string, 
/**
 * The deploy message; empty for a tag that was made by hand without one.
 */
message: string, 
/**
 * When it was tagged.
 */
date: string, 
/**
 * The commit it is on.
 */
commit: CommitRow, 
/**
 * Whether the environment runs it.
 */
current: boolean, };
export type DeployTag = { 
/**
 * Test or Live of a site, as in `acme.test`
 */
environment: Address, 
/**
 * The tag to run [default: the one before]
 */
tag: string | null, };
export type DisableCron = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, };
export type DisableLock = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, };
export type DisallowPath = { 
/**
 * The site.
 */
site: SiteName, 
/**
 * What was allowed.
 */
path: string, };
export type Discard = { 
/**
 * Dev or a multidev, as in `acme.dev`
 */
environment: Address, 
/**
 * Only these files [default: all that changed]
 */
files: Array<string>, };
export type DiskEnvironment = { 
/**
 * Its name.
 */
environment: EnvironmentName, 
/**
 * What it takes.
 */
parts: DiskParts, };
export type DiskParts = { 
/**
 * Code in use, and the repository.
 */
code: number, 
/**
 * Content in use.
 */
content: number, 
/**
 * Contents that were replaced.
 */
undo: number, 
/**
 * Releases that were replaced.
 */
releases: number, 
/**
 * Deleted environments, or the whole of a deleted site.
 */
deleted: number, 
/**
 * Backups.
 */
backups: number, 
/**
 * Logs, reports, caught mail, temporary files.
 */
logs: number, };
export type DiskReport = { 
/**
 * The root folder.
 */
root: string, 
/**
 * The whole disk that it is on.
 */
disk: number, 
/**
 * What is free of it.
 */
free: number, 
/**
 * What Portico holds in all.
 */
held: number, 
/**
 * The sites, the largest first; deleted ones whose folders are kept are among them.
 */
sites: Array<DiskSite>, 
/**
 * Empty data directories of database servers.
 */
templates: number, 
/**
 * The logs of workflows and of Portico itself.
 */
logs: number, 
/**
 * What was let go and is being deleted.
 */
trash: number, 
/**
 * portico.db and what else is no site's.
 */
rest: number, 
/**
 * Whether the disk told which blocks are shared; where it can't (macOS, Windows), they count in full.
 */
is_exact: boolean, 
/**
 * Whether so little is free that only what was replaced last is kept.
 */
is_short: boolean, };
export type DiskSite = { 
/**
 * Its name.
 */
site: SiteName, 
/**
 * The name that people read.
 */
label: string, 
/**
 * Whether it was deleted, and is kept so that this can be undone.
 */
is_deleted: boolean, 
/**
 * All of it.
 */
parts: DiskParts, 
/**
 * Its environments; the repository is none of theirs.
 */
environments: Array<DiskEnvironment>, 
/**
 * How many of each kind it keeps for undo.
 */
keeps: number, 
/**
 * And all of so many days.
 */
keeps_days: number, 
/**
 * What `disk:free` would let go.
 */
freeable: Array<Goes>, };
export type DiskUse = { 
/**
 * Bytes that pruning would free: blocks that other files share (reflinks), files with a second name (hard
 * links) and parts of other generations (links) count as nothing.
 */
own: number, 
/**
 * Whether the disk told which blocks are shared; where it can't (macOS, Windows), they count in full.
 */
is_exact: boolean, };
export type Effort = { 
/**
 * Bytes that it needs: a clone at most, since blocks that the disk will share count; an import at least, since what
 * is packed grows.
 */
needed: number, 
/**
 * Free bytes on the root folder's disk.
 */
free: number, 
/**
 * Seconds that it takes, about; by what the same took before on this machine. None when nothing is known.
 */
about_s: number | null, };
export type Element = "code" | "database" | "files";
export type Elements = "all" | "code" | "files" | "database";
export type EnableCron = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, 
/**
 * Minutes between two runs
 */
every: number, 
/**
 * Every hour, and only while the environment is awake: as on Pantheon, and as a new environment has it
 */
while_awake: boolean, };
export type EnableLock = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, 
/**
 * The name that visitors enter [default: the one it has, else the site's name]
 */
username: string | null, 
/**
 * The password that visitors enter [default: the one it has, else a random one]
 */
password: string | null, };
export type EnvironmentInfo = { 
/**
 * The site.
 */
site: SiteName, 
/**
 * The environment.
 */
environment: EnvironmentName, 
/**
 * Where it answers.
 */
url: string, 
/**
 * Whether it exists yet; Test and Live come into being by their first deploy.
 */
initialized: boolean, 
/**
 * How its code is changed; none on Test and Live.
 */
connection_mode: ConnectionMode | null, 
/**
 * Whether visitors meet a password.
 */
locked: boolean, 
/**
 * Its code.
 */
code: CodeInfo, 
/**
 * Its content.
 */
content: ContentInfo, 
/**
 * How it answered last, as far as the front has seen.
 */
health: Health, 
/**
 * How many requests died in PHP since its code came: since the last deploy, or Dev's last commit.
 */
fatal_errors: number, 
/**
 * What is broken of it, with the way back; empty most of the time.
 */
damage: Array<Damage>, 
/**
 * What a person should know: that the PHP version which the code asks for is not on this machine.
 */
note: string | null, 
/**
 * How many pieces of configuration differ between code and database, as far as somebody looked since either
 * was replaced.
 */
config_differences: number | null, 
/**
 * The folder of its code.
 */
code_folder: string, 
/**
 * The folder of its uploaded files.
 */
files_folder: string, };
export type EnvironmentName = string;
export type Error = { 
/**
 * The kind, for programs.
 */
code: Code, 
/**
 * What failed and where: lower case, no full stop.
 */
message: string, 
/**
 * What to try next: a full sentence.
 */
hint: string | null, 
/**
 * What lies under it, outermost first.
 */
causes: Array<string>, };
export type Event = { "event": "started", 
/**
 * Its row.
 */
workflow: WorkflowRow, } | { "event": "step", 
/**
 * The workflow.
 */
workflow: number, 
/**
 * What is being done.
 */
step: string, 
/**
 * Units done.
 */
done: number, 
/**
 * Units in all, when known.
 */
total: number | null, 
/**
 * What the units are.
 */
unit: Unit, 
/**
 * Seconds left, once they can be told.
 */
eta_s: number | null, } | { "event": "line", 
/**
 * The workflow.
 */
workflow: number, 
/**
 * The line.
 */
line: string, } | { "event": "finished", 
/**
 * Its row.
 */
workflow: WorkflowRow, } | { "event": "changed", 
/**
 * The site, when it is one site's.
 */
site: SiteName | null, };
export type ExpireBackups = { 
/**
 * The environment, as in `acme.live`
 */
environment: Address, };
export type ExportConfig = { 
/**
 * Dev or a multidev, whose code takes the configuration of its database, as in `acme.dev`
 */
environment: Address, };
export type ExportDatabase = { 
/**
 * The environment, as in `acme.live`
 */
environment: Address, 
/**
 * The file to write: .sql.gz, .sql, .sql.zst or .sqlite; `-` for standard output
 */
to: string, 
/**
 * Replace the file, where there is one
 */
overwrite: boolean, };
export type ExportFiles = { 
/**
 * The environment, as in `acme.live`
 */
environment: Address, 
/**
 * The archive to write: .tar.gz or .zip; `-` for standard output
 */
to: string, 
/**
 * Replace the file, where there is one
 */
overwrite: boolean, };
export type FileChange = { 
/**
 * The path in the code; bytes that are no UTF-8 are shown replaced.
 */
file: string, 
/**
 * What happened to it.
 */
status: FileStatus, 
/**
 * Lines removed.
 */
deletions: number, 
/**
 * Lines added.
 */
additions: number, };
export type FileStatus = "added" | "modified" | "deleted";
export type FilesInfo = { 
/**
 * Files.
 */
count: number, 
/**
 * Bytes.
 */
bytes: number, };
export type FilesSeen = { 
/**
 * Files.
 */
count: number, 
/**
 * Bytes.
 */
bytes: number, 
/**
 * When the newest was changed.
 */
newest: string | null, };
export type Finding = { 
/**
 * What it belongs to: "Database", "Cron".
 */
group: string, 
/**
 * Its name in Pantheon's tools.
 */
name: string, 
/**
 * How it came out.
 */
score: Score, 
/**
 * What was found.
 */
result: string, 
/**
 * What to do; none when there is nothing.
 */
action: string | null, 
/**
 * The headings of its table; none when it has no table.
 */
headings: Array<string>, 
/**
 * The rows of its table.
 */
rows: Array<Array<string>>, };
export type FreeDisk = { 
/**
 * The site, or one that was deleted
 */
site: SiteName, 
/**
 * How many of each stay, those that were replaced last; with 0 not even the last step can be undone [default: 1]
 */
keep: number | null, 
/**
 * Leave those of the last N days as well [default: 0]
 */
days: number | null, 
/**
 * Only these; can be given more than once [default: all of them]
 */
only: Array<KeptKind>, };
export type FreePlan = { 
/**
 * How many of each kind stay.
 */
count: number, 
/**
 * And all of so many days.
 */
days: number, 
/**
 * What goes.
 */
goes: Array<Goes>, 
/**
 * What the disk has more then.
 */
bytes: number, 
/**
 * Whether the disk told which blocks are shared.
 */
is_exact: boolean, };
export type GenerationInfo = { 
/**
 * Its number; never used twice in an environment.
 */
id: number, 
/**
 * Where its content came from.
 */
origin: Origin, 
/**
 * The workflow that made it, where history still has it.
 */
workflow: number | null, 
/**
 * That workflow's title: "Clone database and files, Live → Dev".
 */
made_by: string | null, 
/**
 * When it was made.
 */
created: string, 
/**
 * Whether the environment runs it.
 */
current: boolean, 
/**
 * Whether the person wants it kept.
 */
pinned: boolean, 
/**
 * The size of its database, as last measured.
 */
database: DatabaseInfo | null, 
/**
 * The size of its files, as last measured.
 */
files: FilesInfo | null, 
/**
 * The earlier generation whose database it uses, because only files were replaced.
 */
database_of: number | null, 
/**
 * The earlier generation whose files it uses, because only the database was replaced.
 */
files_of: number | null, 
/**
 * Later generations that use a part of it: it can't be pruned before them.
 */
needed_by: Array<number>, 
/**
 * Disk use of what only this generation holds, in bytes; none when it was not asked for. See [`DiskUse`].
 */
disk: DiskUse | null, };
export type Goes = { 
/**
 * What it is.
 */
kind: KeptKind, 
/**
 * Its site.
 */
site: SiteName, 
/**
 * Its environment; none of a whole site and of what several share.
 */
environment: EnvironmentName | null, 
/**
 * What it is, for people: "generation 7 of acme.dev".
 */
what: string, 
/**
 * When it was made, or deleted.
 */
made: string, 
/**
 * What the disk has more without it, and without those before it in the list.
 */
bytes: number, 
/**
 * The workflows that can't be undone any more without it, newest first. A release that is gone is checked out again.
 */
undo_of: Array<string>, };
export type Health = { "type": "asleep" } | { "type": "answered", 
/**
 * The HTTP status.
 */
status: number, 
/**
 * Milliseconds until the answer began.
 */
ms: number, 
/**
 * When that was.
 */
at: string, } | { "type": "broken", 
/**
 * Why.
 */
error: Error, };
export type Holding = { "type": "database" } & InspectedDatabase | { "type": "files" } & InspectedFiles | { "type": "code", 
/**
 * What the code is.
 */
cms: Cms, 
/**
 * The folder inside that holds the code; empty for the whole.
 */
root: string, 
/**
 * Whether the system itself is in it; else it goes over the code that is there.
 */
whole: boolean, 
/**
 * Whether the uploads folder has files as well.
 */
uploads: string | null, } | { "type": "content", 
/**
 * The database.
 */
database: InspectedDatabase, 
/**
 * The files.
 */
files: InspectedFiles, } | { "type": "site", 
/**
 * What the code is.
 */
cms: Cms, 
/**
 * The folder inside that holds the code; empty for the whole.
 */
root: string, 
/**
 * Whether the system itself is in it; else it goes over the code that is there.
 */
whole: boolean, 
/**
 * The dump inside.
 */
dump: string, 
/**
 * What it tells.
 */
database: InspectedDatabase, 
/**
 * The uploads folder inside, where it has files.
 */
uploads: string | null, } | { "type": "doubt", 
/**
 * What speaks for each: a clause without full stop.
 */
reason: string, 
/**
 * What it can be taken as (`as`).
 */
choices: Array<ImportAs>, 
/**
 * Dumps of which one can be chosen (`entry`).
 */
entries: Array<string>, } | { "type": "unusable", 
/**
 * Why: a clause without full stop.
 */
reason: string, 
/**
 * The way on: a whole sentence.
 */
hint: string | null, };
export type Hook = { 
/**
 * The workflow's name, as written.
 */
event: string, 
/**
 * When it runs.
 */
stage: HookStage, 
/**
 * What it does, for people.
 */
description: string, 
/**
 * Its script, relative to the served folder.
 */
script: string, 
/**
 * Why it will not run: a workflow or type that there is not, a script that is missing.
 */
problem: string | null, };
export type HookEvent = "deploy_product" | "create_cloud_development_environment" | "sync_code" | "clone_database" | "deploy" | "clear_cache";
export type HookStage = "before" | "after";
export type ImportAs = "database" | "files" | "code";
export type ImportConfig = { 
/**
 * The environment whose database takes the configuration of its code, as in `acme.test`
 */
environment: Address, };
export type ImportDatabase = { 
/**
 * The environment whose database is replaced, as in `acme.dev`
 */
environment: Address, 
/**
 * A dump (.sql, plain or packed, or in a zip or tar) or a .sqlite file, by path or http(s) address; `-` for standard
 * input
 */
file: string, 
/**
 * Replace the uploaded files too, by those of this archive or folder
 */
files: string | null, 
/**
 * Of a dump of several databases, the one to import
 */
from_database: string | null, 
/**
 * Of an archive of several dumps, the one to import
 */
entry: string | null, 
/**
 * What the file is, where it may be one thing or another
 */
taken_as: ImportAs | null, 
/**
 * One more address to replace by the environment's, beside those that are found
 */
from_url: string | null, 
/**
 * Leave the addresses in the database as they are
 */
keep_urls: boolean, 
/**
 * Run the system's database updates afterwards
 */
updatedb: boolean, 
/**
 * Clear caches afterwards
 */
cc: boolean, 
/**
 * The site's name, to confirm that Live's content is replaced
 */
confirm: string | null, };
export type ImportFiles = { 
/**
 * The environment whose files are replaced, as in `acme.dev`
 */
environment: Address, 
/**
 * A tar (plain or packed), a zip or a folder, by path or http(s) address; `-` for standard input
 */
file: string, 
/**
 * `files`: take it for uploads, although it looks like something else
 */
taken_as: ImportAs | null, 
/**
 * The site's name, to confirm that Live's content is replaced
 */
confirm: string | null, };
export type ImportPlan = { 
/**
 * Whose content is replaced.
 */
environment: Address, 
/**
 * What each file is.
 */
sources: Array<Inspected>, 
/**
 * What is replaced, as last measured.
 */
replaces: ContentInfo, 
/**
 * Whether its code is replaced, too.
 */
code: boolean, 
/**
 * Whether its database is replaced.
 */
database: boolean, 
/**
 * Whether its files are replaced.
 */
files: boolean, 
/**
 * Addresses that are converted.
 */
pairs: Array<Replacement>, 
/**
 * Disk and time.
 */
effort: Effort, 
/**
 * The request that does it; none while `problem` stands in the way.
 */
request: Request | null, 
/**
 * Why it can't be done.
 */
problem: Error | null, 
/**
 * The site's name has to be typed: Live's content is replaced.
 */
confirm: boolean, };
export type ImportSite = { 
/**
 * The environment whose code, database and files are replaced, as in `acme.dev`
 */
environment: Address, 
/**
 * An archive or folder of a whole site with a dump in it, or one each of its code, database and files
 */
files: Array<string>, 
/**
 * The message of the commit that brings the code [default: "Import" and the file's name]
 */
message: string | null, 
/**
 * Of a dump of several databases, the one to import
 */
from_database: string | null, 
/**
 * Of an archive of several dumps, the one to import
 */
entry: string | null, 
/**
 * What the file is, where it may be one thing or another
 */
taken_as: ImportAs | null, 
/**
 * One more address to replace by the environment's, beside those that are found
 */
from_url: string | null, 
/**
 * Leave the addresses in the database as they are
 */
keep_urls: boolean, 
/**
 * Run the system's database updates afterwards
 */
updatedb: boolean, 
/**
 * Clear caches afterwards
 */
cc: boolean, 
/**
 * The site's name, to confirm that Live's content is replaced
 */
confirm: string | null, };
export type Inspected = { 
/**
 * The path as it was asked about.
 */
path: string, 
/**
 * The file's name.
 */
name: string, 
/**
 * Bytes of the file; 0 for a folder.
 */
bytes: number, 
/**
 * How it is packed, from the outside in: `["gzip", "tar"]`; empty when it is not.
 */
packed: Array<string>, 
/**
 * What it holds.
 */
holds: Holding, 
/**
 * The program or host that made it, where it tells.
 */
origin: string | null, 
/**
 * What each part of an archive or a folder becomes, those that are not used too.
 */
pieces: Array<InspectedPiece>, 
/**
 * What a person should know before it is imported.
 */
notes: Array<string>, };
export type InspectedDatabase = { 
/**
 * Whether it is a SQLite file; else a dump in SQL.
 */
sqlite: boolean, 
/**
 * The dump's name inside its archive.
 */
member: string | null, 
/**
 * The system that its tables belong to, as far as they tell.
 */
cms: Cms | null, 
/**
 * The prefix of its tables.
 */
prefix: string, 
/**
 * Tables that were met so far.
 */
tables: Array<string>, 
/**
 * Whether all of it was looked at, so that there are no further tables.
 */
complete: boolean, 
/**
 * Addresses that the site answered at.
 */
addresses: Array<string>, 
/**
 * Names of the databases inside; more than one: choose by `from_database`.
 */
databases: Array<string>, };
export type InspectedFiles = { 
/**
 * Files that were met.
 */
count: number, 
/**
 * Their bytes, unpacked.
 */
bytes: number, 
/**
 * Whether all of it was looked at; else there are more.
 */
complete: boolean, 
/**
 * The folder inside that becomes the uploads folder; empty for the whole.
 */
root: string, };
export type InspectedPiece = { 
/**
 * Its path inside; empty for everything that no other piece has.
 */
path: string, 
/**
 * Files in it that were met.
 */
files: number, 
/**
 * Their bytes, unpacked.
 */
bytes: number, 
/**
 * What it becomes.
 */
becomes: Becomes, 
/**
 * Why it is not used: a clause without full stop.
 */
reason: string | null, };
export type InstallSite = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, 
/**
 * The site's title
 */
title: string, 
/**
 * The first administrator's name
 */
admin_user: string, 
/**
 * The first administrator's password
 */
admin_password: string, 
/**
 * The first administrator's address
 */
admin_email: string, };
export type KeepFor = string;
export type KeepGenerations = { 
/**
 * The site
 */
site: SiteName, 
/**
 * How many of each are kept for undo, those that were replaced last: contents and releases of each environment,
 * discarded changes, deleted environments and sites; at least 1 [default: as now]
 */
count: number | null, 
/**
 * Keep those of the last N days as well; 0 for none more [default: as now]
 */
days: number | null, 
/**
 * Go back to the default: 5, and all that are younger than 14 days
 */
default: boolean, };
export type KeepRule = { 
/**
 * So many, those that were in use last.
 */
count: number, 
/**
 * And all that were made in so many days, while the disk has room.
 */
days: number, 
/**
 * Whether this is the default, which nobody has changed.
 */
is_default: boolean, };
export type KeptKind = "generations" | "releases" | "snapshots" | "deleted";
export type LaunchCheck = { 
/**
 * The environment.
 */
environment: Address, 
/**
 * When it was made.
 */
made_at: string, 
/**
 * The commit that it ran then.
 */
commit: string, 
/**
 * The generation that it ran then.
 */
generation: number, 
/**
 * How long it took, in milliseconds.
 */
ms: number, 
/**
 * The worst of the checks.
 */
score: Score, 
/**
 * The checks, in groups.
 */
findings: Array<Finding>, };
export type LockInfo = { 
/**
 * Whether visitors meet a password.
 */
locked: boolean, 
/**
 * The user's name, while it is locked.
 */
username: string | null, 
/**
 * The password, readable as on Pantheon: the team needs it.
 */
password: string | null, };
export type LogEntry = { 
/**
 * How bad it is.
 */
level: LogLevel, 
/**
 * The entry as the log has it; a stack trace has several lines.
 */
text: string, };
export type LogKind = "php" | "access" | "slow" | "database" | "mail";
export type LogLevel = "fatal" | "error" | "warning" | "info";
export type LogPage = { 
/**
 * Oldest first.
 */
entries: Array<LogEntry>, 
/**
 * Where to read on.
 */
cursor: string, 
/**
 * Whether older entries were left out.
 */
cut: boolean, };
export type MailAttachment = { 
/**
 * Its name, with nothing in it that could leave a folder.
 */
name: string, 
/**
 * Its media type.
 */
media_type: string, 
/**
 * Its size.
 */
bytes: number, };
export type MailMessage = { 
/**
 * What the list shows.
 */
row: MailRow, 
/**
 * Its head, as it was sent.
 */
head: string, 
/**
 * The text part; made from the HTML where there is none.
 */
text: string | null, 
/**
 * The HTML part, with the pictures that came with the message inside it.
 */
html: string | null, 
/**
 * The files that come with it.
 */
attachments: Array<MailAttachment>, };
export type MailRow = { 
/**
 * Its name in the environment's mail folder.
 */
id: string, 
/**
 * When it was caught.
 */
at: string, 
/**
 * Who sent it, as its head says.
 */
from: string, 
/**
 * Whom it is for.
 */
to: string, 
/**
 * What it is about.
 */
subject: string, 
/**
 * How many files come with it.
 */
attachments: number, 
/**
 * Its size.
 */
bytes: number, };
export type MergeFromDev = { 
/**
 * The multidev that is merged with Dev, as in `acme.blog`
 */
environment: Address, 
/**
 * Run the system's database updates after the code is there
 */
updatedb: boolean, 
/**
 * How a file that conflicts is solved; may be given for each
 */
resolve: Array<Resolution>, };
export type MergePlan = { 
/**
 * The environment that changes.
 */
into: Address, 
/**
 * Where the code comes from: an environment's name, or `the upstream`.
 */
from: string, 
/**
 * What comes, newest first; the first 200.
 */
commits: Array<CommitRow>, 
/**
 * How many there are in all; with none there is nothing to do.
 */
count: number, 
/**
 * Changed files that are in the way until they are committed or discarded.
 */
uncommitted: number, 
/**
 * Files that need the person's answer and have none in the request.
 */
conflicts: Array<Conflict>, 
/**
 * The commands that do it by hand, one a line.
 */
by_hand: Array<string>, };
export type MergeToDev = { 
/**
 * The multidev that is merged with Dev, as in `acme.blog`
 */
environment: Address, 
/**
 * Run the system's database updates after the code is there
 */
updatedb: boolean, 
/**
 * How a file that conflicts is solved; may be given for each
 */
resolve: Array<Resolution>, };
export type MultidevRow = { 
/**
 * Its name, which is its branch's too.
 */
environment: EnvironmentName, 
/**
 * Where it answers.
 */
url: string, 
/**
 * When it was made.
 */
created: string, 
/**
 * How its code is changed.
 */
connection_mode: ConnectionMode | null, 
/**
 * Whether visitors meet a password.
 */
locked: boolean, 
/**
 * Commits that it has and Dev lacks.
 */
ahead: number, 
/**
 * Commits that Dev has and it lacks.
 */
behind: number, };
export type NewerEntries = { 
/**
 * `posts` or `nodes`.
 */
what: string, 
/**
 * Entries of `from` that were changed after the newest change of `to`.
 */
newer: number, 
/**
 * The newest change in `from`.
 */
newest_from: string | null, 
/**
 * The newest change in `to`.
 */
newest_to: string | null, };
export type Origin = { "type": "empty" } | { "type": "install" } | { "type": "clone", 
/**
 * The source.
 */
environment: EnvironmentName, 
/**
 * Whether the database came from there.
 */
database: boolean, 
/**
 * Whether the files came from there.
 */
files: boolean, } | { "type": "import", 
/**
 * The file's name.
 */
name: string, } | { "type": "wipe" } | { "type": "search_replace" } | { "type": "found" };
export type PageDifference = { 
/**
 * Its path.
 */
path: string, 
/**
 * How bad it is.
 */
score: Score, 
/**
 * What is wrong, or other than in the other environment; each a sentence.
 */
what: Array<string>, 
/**
 * The page that led to it.
 */
linked_from: string | null, };
export type Pairs = Array<Replacement>;
export type Part = "row" | "code" | "database" | "files" | "repository" | "leftover" | "access";
export type PendingUpdate = { 
/**
 * The module, or the site of a network.
 */
module: string, 
/**
 * The function, or the versions.
 */
update: string, 
/**
 * What it does, in its author's words; empty when they say nothing.
 */
description: string, };
export type PinGeneration = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, 
/**
 * The generation; `generation:list` shows them
 */
id: number, };
export type Problem = { 
/**
 * The site.
 */
site: SiteName, 
/**
 * The environment; none when it is the site as a whole.
 */
environment: EnvironmentName | null, 
/**
 * The reason.
 */
error: Error, };
export type ProcessRow = { 
/**
 * `PHP 8.2`, `MariaDB 10.11`.
 */
what: string, 
/**
 * The environment it serves.
 */
environment: Address, 
/**
 * Its process id.
 */
pid: number, };
export type PruneGenerations = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, 
/**
 * The generations to let go [default: all but the one in use, the pinned, and those that `--keep` keeps]
 */
ids: Array<number>, 
/**
 * How many of those that were replaced last stay, for undo [default: 1]
 */
keep: number | null, };
export type Query = { "query": "sites", } | { "query": "site_cards", } | { "query": "board", 
/**
 * The site.
 */
site: SiteName, } | { "query": "environment", 
/**
 * The environment.
 */
environment: Address, } | { "query": "code_log", 
/**
 * The environment.
 */
environment: Address, 
/**
 * At most so many.
 */
limit: number, } | { "query": "diffstat", 
/**
 * The environment.
 */
environment: Address, } | { "query": "diff", 
/**
 * The environment.
 */
environment: Address, 
/**
 * The file.
 */
file: string, } | { "query": "deploy_plan", 
/**
 * Test or Live.
 */
environment: Address, 
/**
 * The multidev whose code is deployed as a hotfix, instead of the environment before.
 */
from: EnvironmentName | null, } | { "query": "multidevs", 
/**
 * The site.
 */
site: SiteName, } | { "query": "branches", 
/**
 * The site.
 */
site: SiteName, } | { "query": "upstream", 
/**
 * The site.
 */
site: SiteName, } | { "query": "upstream_updates", 
/**
 * Dev or a multidev.
 */
environment: Address, 
/**
 * Whether to ask the upstream first, which takes a while; else what was last seen counts.
 */
check: boolean, } | { "query": "orphans", 
/**
 * Test or Live.
 */
environment: Address, } | { "query": "commit", 
/**
 * The site.
 */
site: SiteName, 
/**
 * The commit's id, or the beginning of it.
 */
commit: string, } | { "query": "commit_diff", 
/**
 * The site.
 */
site: SiteName, 
/**
 * The commit's id, or the beginning of it.
 */
commit: string, 
/**
 * The file.
 */
file: string, } | { "query": "deploys", 
/**
 * Test or Live.
 */
environment: Address, } | { "query": "merge_plan", 
/**
 * The request.
 */
request: Request, } | { "query": "connection", 
/**
 * The environment.
 */
environment: Address, } | { "query": "hooks", 
/**
 * The environment.
 */
environment: Address, } | { "query": "launch_check", 
/**
 * The environment.
 */
environment: Address, 
/**
 * Whether to make a new one, which takes a few seconds.
 */
run: boolean, } | { "query": "smoke_report", 
/**
 * The environment.
 */
environment: Address, } | { "query": "configuration", 
/**
 * The environment.
 */
environment: Address, } | { "query": "repair_plan", 
/**
 * The site.
 */
site: SiteName, } | { "query": "workflows", 
/**
 * Only of this site.
 */
site: SiteName | null, } | { "query": "workflow_log", 
/**
 * Its id.
 */
id: number, } | { "query": "lock", 
/**
 * The environment.
 */
environment: Address, } | { "query": "log", 
/**
 * The environment.
 */
environment: Address, 
/**
 * Which log.
 */
kind: LogKind, 
/**
 * At most so many entries, when there is no cursor.
 */
lines: number, 
/**
 * The cursor of the page before: only what came since.
 */
since: string | null, } | { "query": "mail", 
/**
 * The environment.
 */
environment: Address, } | { "query": "mail_message", 
/**
 * The environment.
 */
environment: Address, 
/**
 * Its id.
 */
id: string, } | { "query": "mail_part", 
/**
 * The environment.
 */
environment: Address, 
/**
 * The message's id.
 */
id: string, 
/**
 * Which attachment, from 0; none for the whole message.
 */
attachment: number | null, 
/**
 * The file to write; the answer is empty then.
 */
to: string | null, } | { "query": "cron", 
/**
 * The environment.
 */
environment: Address, } | { "query": "doctor", } | { "query": "status", } | { "query": "command", 
/**
 * The request.
 */
request: Request, } | { "query": "generations", 
/**
 * The environment.
 */
environment: Address, 
/**
 * Whether to measure what each alone takes of the disk, which takes a while with many files.
 */
disk: boolean, } | { "query": "search_replace_plan", 
/**
 * The request.
 */
request: SearchReplace, } | { "query": "clone_plan", 
/**
 * The request.
 */
request: CloneContent, } | { "query": "import_plan", 
/**
 * The files and options.
 */
request: ImportSite, } | { "query": "compare_content", 
/**
 * The environment that may have more, such as Live.
 */
from: Address, 
/**
 * The environment of the same site that may lack it.
 */
to: EnvironmentName, } | { "query": "clone_profile", 
/**
 * The site.
 */
site: SiteName, } | { "query": "keep_rule", 
/**
 * The site.
 */
site: SiteName, } | { "query": "allowed", 
/**
 * The site.
 */
site: SiteName, } | { "query": "keep_plan", 
/**
 * The change.
 */
request: KeepGenerations, } | { "query": "free_plan", 
/**
 * The request.
 */
request: FreeDisk, } | { "query": "disk", 
/**
 * The site, or one that was deleted.
 */
site: SiteName | null, } | { "query": "inspect", 
/**
 * Their paths, absolute.
 */
paths: Array<string>, 
/**
 * Where they may be imported: notes say what does not fit there.
 */
environment: Address | null, } | { "query": "backups", 
/**
 * The environment; one that is gone may have some.
 */
environment: Address, };
export type RepairPlan = { 
/**
 * The site.
 */
site: SiteName, 
/**
 * What was found, the site's own first, then by environment.
 */
findings: Array<Damage>, 
/**
 * What was looked at and is whole, in words.
 */
whole: Array<string>, };
export type RepairSite = { 
/**
 * The site
 */
site: SiteName, };
export type ReplacedTable = { 
/**
 * The table.
 */
table: string, 
/**
 * Rows that change.
 */
rows: number, 
/**
 * Replacements in them.
 */
replacements: number, };
export type Replacement = { 
/**
 * What is looked for.
 */
old: string, 
/**
 * What replaces it.
 */
new: string, };
export type Request = { "kind": "create_site" } & CreateSite | { "kind": "repair_site" } & RepairSite | { "kind": "install_site" } & InstallSite | { "kind": "adopt_site" } & AdoptSite | { "kind": "delete_site" } & DeleteSite | { "kind": "deploy" } & Deploy | { "kind": "clone_content" } & CloneContent | { "kind": "commit" } & Commit | { "kind": "set_connection" } & SetConnection | { "kind": "clear_cache" } & ClearCache | { "kind": "wipe" } & Wipe | { "kind": "import_database" } & ImportDatabase | { "kind": "import_files" } & ImportFiles | { "kind": "export_database" } & ExportDatabase | { "kind": "export_files" } & ExportFiles | { "kind": "create_multidev" } & CreateMultidev | { "kind": "delete_multidev" } & DeleteMultidev | { "kind": "merge_to_dev" } & MergeToDev | { "kind": "merge_from_dev" } & MergeFromDev | { "kind": "set_upstream" } & SetUpstream | { "kind": "apply_upstream" } & ApplyUpstream | { "kind": "deploy_tag" } & DeployTag | { "kind": "bring_to_dev" } & BringToDev | { "kind": "set_database" } & SetDatabase | { "kind": "enable_lock" } & EnableLock | { "kind": "disable_lock" } & DisableLock | { "kind": "enable_cron" } & EnableCron | { "kind": "disable_cron" } & DisableCron | { "kind": "run_cron" } & RunCron | { "kind": "clear_mail" } & ClearMail | { "kind": "discard" } & Discard | { "kind": "run_hooks" } & RunHooks | { "kind": "smoke_test" } & SmokeTest | { "kind": "import_config" } & ImportConfig | { "kind": "export_config" } & ExportConfig | { "kind": "undo" } & Undo | { "kind": "switch_generation" } & SwitchGeneration | { "kind": "pin_generation" } & PinGeneration | { "kind": "unpin_generation" } & UnpinGeneration | { "kind": "prune_generations" } & PruneGenerations | { "kind": "search_replace" } & SearchReplace | { "kind": "set_clone_profile" } & SetCloneProfile | { "kind": "keep_generations" } & KeepGenerations | { "kind": "allow_path" } & AllowPath | { "kind": "disallow_path" } & DisallowPath | { "kind": "free_disk" } & FreeDisk | { "kind": "import_site" } & ImportSite | { "kind": "create_backup" } & CreateBackup | { "kind": "restore_backup" } & RestoreBackup | { "kind": "delete_backup" } & DeleteBackup | { "kind": "expire_backups" } & ExpireBackups | { "kind": "verify_backup" } & VerifyBackup;
export type Resolution = { 
/**
 * The path in the code.
 */
file: string, 
/**
 * What it holds in the end.
 */
take: Take, };
export type RestoreBackup = { 
/**
 * The environment that was backed up, as in `acme.live`
 */
environment: Address, 
/**
 * The backup, by its id or the name of one of its archives; that archive alone then [default: the newest]
 */
file: string | null, 
/**
 * What of it is restored
 */
element: Elements, 
/**
 * Restore it into this environment of the site [default: the same]
 */
to: EnvironmentName | null, 
/**
 * Run the system's database updates afterwards
 */
updatedb: boolean, 
/**
 * Clear caches afterwards
 */
cc: boolean, 
/**
 * The site's name, to confirm that Live's content is replaced
 */
confirm: string | null, };
export type RunCron = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, };
export type RunHooks = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, 
/**
 * The workflow whose scripts are run, by its name in pantheon.yml
 */
event: HookEvent, 
/**
 * Which of them
 */
stage: HookStage, };
export type Score = "ok" | "info" | "warning" | "error";
export type SearchReplace = { 
/**
 * The environment whose database is searched, as in `acme.dev`
 */
environment: Address, 
/**
 * What replaces what, all in one pass: no replacement is replaced again
 */
pairs: Pairs, 
/**
 * Only this table; can be given more than once
 */
tables: Array<string>, 
/**
 * Replace in WordPress's `guid` columns too, which name posts for feed readers
 */
guid: boolean, 
/**
 * Clear caches afterwards
 */
cc: boolean, 
/**
 * The site's name, to confirm that Live's content is changed
 */
confirm: string | null, };
export type SearchReplacePlan = { 
/**
 * Tables that would change, by name.
 */
tables: Array<ReplacedTable>, 
/**
 * Rows in all.
 */
rows: number, 
/**
 * Replacements in all.
 */
replacements: number, 
/**
 * What a person should know: broken serialised values, base64 that is left alone.
 */
notes: Array<string>, };
export type SetCloneProfile = { 
/**
 * The site
 */
site: SiteName, 
/**
 * Leave out this table's rows, instead of those left out now; without prefix, `*` for any letters; can be given more
 * than once
 */
exclude: Array<string>, 
/**
 * Go back to the system's own list
 */
reset: boolean, };
export type SetConnection = { 
/**
 * Dev or a multidev, as in `acme.dev`
 */
environment: Address, 
/**
 * Edit the folder (sftp), or push to it (git)
 */
mode: ConnectionMode, };
export type SetDatabase = { 
/**
 * The site
 */
site: SiteName, 
/**
 * Where its databases are to be kept
 */
engine: DatabaseEngine, };
export type SetUpstream = { 
/**
 * The site
 */
site: SiteName, 
/**
 * A Git URL or path; `empty` for no upstream
 */
url: string, 
/**
 * The branch [default: that repository's main one]
 */
branch: string | null, };
export type Side = { 
/**
 * How large the file is.
 */
bytes: number, 
/**
 * What it holds; none for a binary or a very long one.
 */
text: string | null, };
export type SiteCard = { 
/**
 * The permanent name.
 */
name: SiteName, 
/**
 * The name that people read.
 */
label: string, 
/**
 * What it is made with.
 */
cms: Cms, 
/**
 * The system's version, as its code says.
 */
cms_version: string | null, 
/**
 * Commits of Dev that Test lacks, and of Test that Live lacks.
 */
deployable: number, 
/**
 * Whether there is a Test yet: a site that has Dev alone has nothing to be in step with.
 */
deployed: boolean, 
/**
 * Updates of its upstream that Dev lacks, as last seen.
 */
upstream_updates: number, 
/**
 * Whether a workflow runs on it now.
 */
busy: boolean, 
/**
 * The first thing that is broken of it: "Dev: the folder of its code is missing".
 */
damage: string | null, };
export type SiteName = string;
export type SiteRow = { 
/**
 * The permanent name.
 */
name: SiteName, 
/**
 * The name that people read.
 */
label: string, 
/**
 * What it is made with.
 */
cms: Cms, 
/**
 * When it was made.
 */
created: string, };
export type SmokeReport = { 
/**
 * The environment.
 */
environment: Address, 
/**
 * The environment that it was compared with.
 */
against: EnvironmentName | null, 
/**
 * When it was made.
 */
made_at: string, 
/**
 * The commit that it ran then.
 */
commit: string, 
/**
 * The generation that it ran then.
 */
generation: number, 
/**
 * How long it took, in milliseconds.
 */
ms: number, 
/**
 * Pages that were asked for.
 */
pages: number, 
/**
 * Pages that were found and not asked for, since there were more than the limit.
 */
left_out: number, 
/**
 * The worst of the pages.
 */
score: Score, 
/**
 * In a sentence.
 */
verdict: string, 
/**
 * The pages that are not all right, worst first.
 */
differences: Array<PageDifference>, };
export type SmokeTest = { 
/**
 * The environment whose pages are visited, as in `acme.test`
 */
environment: Address, 
/**
 * The environment that they are compared with [default: Live for Test, else none]
 */
against: EnvironmentName | null, 
/**
 * Only these paths, as in `/about` [default: front page, links and sitemap]
 */
paths: Array<string>, 
/**
 * At most so many pages [default: 200]
 */
limit: number | null, };
export type Status = { 
/**
 * The root folder.
 */
root: string, 
/**
 * The front's port.
 */
port: number, 
/**
 * Free bytes on the root folder's disk.
 */
free: number, 
/**
 * Processes under way: PHP pools and database servers.
 */
processes: Array<ProcessRow>, 
/**
 * What the last owner left unfinished and this one put back.
 */
healed: Array<WorkflowRow>, 
/**
 * Sites and environments that could not be made ready at the start.
 */
problems: Array<Problem>, 
/**
 * What else there is to say of the owner's start: a copy of portico.db that took its place, what was newer.
 */
told: Array<string>, 
/**
 * Folders of sites that portico.db doesn't know; `site:adopt` takes them up.
 */
unknown_sites: Array<SiteName>, };
export type SwitchGeneration = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, 
/**
 * The generation to use; `generation:list` shows them
 */
id: number, 
/**
 * The site's name, to confirm that Live's content is replaced
 */
confirm: string | null, };
export type TableDifference = { 
/**
 * The table.
 */
table: string, 
/**
 * Its rows in `from`; none when it is not there.
 */
rows_from: number | null, 
/**
 * Its rows in `to`; none when it is not there.
 */
rows_to: number | null, 
/**
 * Whether one of both is an estimate, so that they may be the same.
 */
estimated: boolean, };
export type TableSize = { 
/**
 * The table.
 */
table: string, 
/**
 * Its rows.
 */
rows: number, 
/**
 * Whether `rows` is the engine's own estimate: counting them would take long.
 */
estimated: boolean, 
/**
 * Bytes of data and indexes; 0 where the engine does not tell (SQLite).
 */
bytes: number, };
export type Take = "ours" | "theirs" | { "text": string } | { "file": string };
export type Undo = { 
/**
 * The site
 */
site: SiteName, 
/**
 * The workflow to take back [default: the newest that can be]
 */
workflow: number | null, };
export type Unit = "bytes" | "files" | "rows" | "tables" | "objects" | "pages" | "steps";
export type UnpinGeneration = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, 
/**
 * The generation; `generation:list` shows them
 */
id: number, };
export type Upstream = { 
/**
 * A Git URL or path.
 */
url: string, 
/**
 * The branch; that repository's main one when none is named.
 */
branch: string | null, };
export type UpstreamStatus = { 
/**
 * Where they come from.
 */
upstream: Upstream, 
/**
 * Whether the upstream was ever seen; if not, nothing is known of updates.
 */
is_known: boolean, 
/**
 * How many updates wait.
 */
behind: number, 
/**
 * They, newest first; the first 200.
 */
updates: Array<CommitRow>, };
export type VerifyBackup = { 
/**
 * The environment, as in `acme.live`
 */
environment: Address, 
/**
 * The backup, by its id or the name of one of its archives [default: all of the environment's]
 */
file: string | null, };
export type WayBack = { "type": "row" } | { "type": "release", 
/**
 * The commit, 40 hex digits.
 */
commit: string, } | { "type": "worktree", 
/**
 * The branch's short name.
 */
branch: string, } | { "type": "generation", 
/**
 * Its number.
 */
number: number, } | { "type": "link" } | { "type": "empty_folder" } | { "type": "reference", 
/**
 * `refs/heads/…`, `refs/tags/…`
 */
name: string, 
/**
 * The commit, or the tag's own object.
 */
target: string, } | { "type": "objects" } | { "type": "repository" } | { "type": "close" } | { "type": "none" };
export type Wipe = { 
/**
 * The environment, as in `acme.dev`
 */
environment: Address, 
/**
 * The site's name, to confirm that Live is emptied
 */
confirm: string | null, };
export type WorkflowRow = { 
/**
 * Counts up.
 */
id: number, 
/**
 * The site.
 */
site: SiteName, 
/**
 * The environment, where one is changed.
 */
environment: EnvironmentName | null, 
/**
 * `deploy`, `clone_content`, …: the request's tag.
 */
kind: string, 
/**
 * What it did, for people: "Deploy to Test".
 */
title: string, 
/**
 * How it stands.
 */
state: WorkflowState, 
/**
 * When it began.
 */
started_at: string, 
/**
 * When it ended.
 */
finished_at: string | null, 
/**
 * The workflow that it undid.
 */
undoes: number | null, 
/**
 * Whether `portico undo` can take it back now.
 */
undoable: boolean, 
/**
 * The command line that does the same.
 */
command: string, 
/**
 * What it brought about: tag, generation, costs; its keys depend on the kind.
 */
result: unknown, 
/**
 * Why it failed.
 */
error: Error | null, };
export type WorkflowState = "running" | "succeeded" | "failed" | "cancelled" | "rolled_back";
