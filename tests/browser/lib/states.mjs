// Every page in every state it can be in, one after the other. `see(name, page)` is called at each:
// to look at it, to measure it, to test it. States that only happen when something goes wrong
// elsewhere are made by answering for the service.

import { everybodyMayReset, somebody } from "./people.mjs";
import { account } from "./states/account.mjs";
import { doors, setup, unreachable } from "./states/doors.mjs";
import { adminDynamicGroup, adminGroups } from "./states/groups.mjs";
import { adminPolicy, adminPolicyFull, adminProperties } from "./states/policy.mjs";
import { register, registerOtherMethods } from "./states/register.mjs";
import { adminReader, adminReports, adminSignedOut } from "./states/reports.mjs";
import { reset, resetByHelpdesk, resetOtherWays } from "./states/reset.mjs";
import { firstSignIn, signedIn, signInOtherWays } from "./states/signin.mjs";
import { withPage } from "./states/tools.mjs";
import { adminFiles, adminUser, adminUsers } from "./states/users.mjs";

/** All of it, in windows with these options. Gives what the console said and the policy blocked. */
export async function everyState(browser, options, see) {
  await everybodyMayReset();
  // Each of them is sent codes in one walk only: a phone has to rest between two codes.
  const person = await somebody({ displayName: "Mia Steele" });
  const other = await somebody({ registered: true });
  const forgetful = await somebody({ registered: true });
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  const troubles = [];
  const visit = async (walk) => troubles.push(...(await withPage(browser, options, walk)));
  await visit(async (page) => {
    await doors(page, see);
    await setup(page, see);
    await unreachable(page, see);
  });
  await visit(async (page) => {
    await firstSignIn(page, see, person);
    await register(page, see, person);
    await signedIn(page, see, other);
  });
  await visit((page) => reset(page, see, forgetful));
  await visit((page) => resetOtherWays(page, see));
  await visit((page) => resetByHelpdesk(page, see));
  await visit(async (page) => {
    await signInOtherWays(page, see);
    await registerOtherMethods(page, see);
  });
  await visit(async (page, context) => {
    const owner = await somebody({ displayName: "Mia Steele", registered: true });
    await owner.caller.lend(context);
    await account(page, see, owner);
  });
  await visit(async (page, context) => {
    await admin.caller.lend(context);
    await adminUsers(page, see);
    await adminUser(page, see);
    await adminFiles(page, see);
    await adminGroups(page, see);
    await adminDynamicGroup(page, see);
    await adminProperties(page, see);
    await adminPolicy(page, see);
    await adminPolicyFull(page, see);
    await adminReports(page, see);
    await adminReader(page, see);
    await adminSignedOut(page, see, context);
  });
  return troubles;
}
