import { asksForCertificates } from "../request";

asksForCertificates("dash");
