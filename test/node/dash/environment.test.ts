import { readsEnvironmentFiles, setsEnvironmentFlags } from "../environment";

readsEnvironmentFiles("dash");
setsEnvironmentFlags("dash");
