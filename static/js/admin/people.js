// /admin: users and groups.

import { editGroupView } from "./groups/edit.js";
import { groupsView } from "./groups/list.js";
import { newGroupView } from "./groups/new.js";
import { groupView } from "./groups/one.js";
import { start } from "./portal.js";
import { codeView } from "./users/code.js";
import { deletedView } from "./users/deleted.js";
import { editUserView } from "./users/edit.js";
import { importView } from "./users/import.js";
import { usersView } from "./users/list.js";
import { createdView, newUserView } from "./users/new.js";
import { userView } from "./users/one.js";

start(
  [
    [/^users$/, usersView],
    [/^users\/new$/, newUserView, "manage"],
    [/^users\/created$/, createdView],
    [/^users\/import$/, importView, "manage"],
    [/^users\/deleted$/, deletedView],
    [/^users\/([\w-]+)$/, userView],
    [/^users\/([\w-]+)\/edit$/, editUserView, "manage"],
    [/^users\/([\w-]+)\/code$/, codeView],
    [/^groups$/, groupsView],
    [/^groups\/new$/, newGroupView, "manage"],
    [/^groups\/([\w-]+)$/, groupView],
    [/^groups\/([\w-]+)\/edit$/, editGroupView, "manage"],
  ],
  "users",
);
