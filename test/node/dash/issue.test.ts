import { asksForItsCertificate } from "../issue";

asksForItsCertificate("dash");
