# ---- payload: the lines of each verb, and what their fields may be -------
# Written by `npm run protocol` from core/protocol/grammar.ts.

# shellcheck disable=SC2016,SC2034 # awk's text, for read_plan
GRAMMAR='
  type["name"] = "^[a-z0-9][a-z0-9.-]*$"; long["name"] = 64
  type["unit"] = "^[a-z0-9][a-z0-9.@-]*$"; long["unit"] = 64
  type["part"] = "^[a-z0-9][a-z0-9.:-]*$"; long["part"] = 64
  type["part?"] = "^(-|[a-z0-9][a-z0-9.:-]*)$"; long["part?"] = 64
  type["parts"] = "^[a-z0-9][a-z0-9.:,-]*$"
  type["profile?"] = "^(-|[a-z0-9][a-z0-9.-]*)$"; long["profile?"] = 64
  type["path"] = "^/(etc|var/lib|opt|usr/local|srv)/[A-Za-z0-9._/@-]+$"
  type["path?"] = "^(-|/(etc|var/lib|opt|usr/local|srv)/[A-Za-z0-9._/@-]+)$"
  type["file"] = "^[A-Za-z0-9._@-]+$"
  type["mode"] = "^0[0-7][0-7][0-7]$"
  type["owner"] = "^[a-z_][a-z0-9_-]*$"; long["owner"] = 32
  type["subject"] = "^[A-Za-z0-9:._-]+$"; long["subject"] = 64
  type["san"] = "^(DNS:[a-zA-Z0-9.*-]+|IP:[0-9a-f.:]+)$"
  type["loss"] = "^(DNS|IP|URI|email|other|usage):[A-Za-z0-9.*:/@_%?=&+~-]+$"
  type["hostPort"] = "^([A-Za-z0-9.-]+|\\[[0-9a-f:]+\\]):[0-9]+$"
  type["url"] = "^/[A-Za-z0-9._/?=&-]*$"
  type["number"] = "^[0-9]+$"; long["number"] = 12
  type["start"] = "^(existing|bare)$"
  type["scheme"] = "^(http|https)$"
  type["kind"] = "^(static-pod|systemd)$"
  type["act"] = "^(reload|restart)$"
  type["algorithm"] = "^(ECDSA-P256|ECDSA-P384|RSA-2048|RSA-3072|RSA-4096)$"
  type["merge"] = "^(append|prepend|retire)$"
  type["sha256"] = "^[0-9a-f]+$"; long["sha256"] = 64; short["sha256"] = 64
  type["which"] = "^(any|[0-9a-f]+)$"; long["which"] = 64
  type["flag"] = "^--[a-z0-9][a-z0-9-]*=[A-Za-z0-9._/:,@=-]*$"
  type["halves"] = "^(cert|key):[a-z0-9][a-z0-9.-]*(,key:[a-z0-9][a-z0-9.-]*)?$"
  type["keyId"] = "^[A-Za-z0-9_-]+$"; long["keyId"] = 64
  type["gate"] = "^(scan|tokens)$"
  type["switch"] = "^(on|off)$"
  type["task"] = "^(root-ca|root-ca-seen|nodes|mounted-elsewhere|rewrite|ca-bundles|pods|may-restart|restart-all|tokens|authentication-clean|cluster-info-add|cluster-info-exact|workers|workers-remove)$"
  type["share"] = "^[1-9][0-9]*%?$"; long["share"] = 5
  type["rewritten"] = "^(ValidatingWebhookConfiguration|MutatingWebhookConfiguration|APIService|CustomResourceDefinition)$"
  type["object"] = "^[a-z0-9][a-z0-9.-]*$"; long["object"] = 253
  type["rolled"] = "^(Deployment|DaemonSet|StatefulSet)$"
  type["namespaced"] = "^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*$"; long["namespaced"] = 317
  shape["request node"] = "name"
  shape["request leaf"] = "name name algorithm"
  shape["request cn"] = "name subject"
  shape["request o"] = "name subject"
  shape["request san"] = "name san"
  shape["apply node"] = shape["trust node"] = "name"
  shape["apply start"] = shape["trust start"] = "start"
  shape["apply part"] = shape["trust part"] = "part number"
  shape["apply leaf"] = "name name number number part"
  shape["apply allow"] = "name loss"
  shape["apply file"] = shape["trust file"] = "path mode owner owner parts"
  shape["apply link"] = "path file"
  shape["apply trust"] = shape["trust trust"] = "part merge"
  shape["apply known"] = shape["trust known"] = "part which"
  shape["apply server"] = shape["trust server"] = "part hostPort"
  shape["apply keep"] = "path part"
  shape["apply guard"] = shape["trust guard"] = "path parts"
  shape["apply pin"] = shape["trust pin"] = "path sha256"
  shape["apply stale"] = shape["trust stale"] = "path part"
  shape["apply only"] = shape["trust only"] = "path part"
  shape["apply consumer"] = shape["trust consumer"] = "name kind unit"
  shape["apply use"] = shape["trust use"] = "name act path"
  shape["apply before"] = shape["trust before"] = "name name"
  shape["apply member"] = shape["trust member"] = "name hostPort"
  shape["apply joining"] = shape["trust joining"] = "name hostPort"
  shape["apply lease"] = shape["trust lease"] = "name hostPort namespaced name"
  shape["apply served"] = shape["trust served"] = "name hostPort name"
  shape["apply accepted"] = shape["trust accepted"] = "name hostPort url name"
  shape["apply health"] = shape["trust health"] = "name scheme hostPort url profile?"
  shape["trust kubeconfig-ca"] = "path part"
  shape["trust seed"] = "path mode path path?"
  shape["trust round"] = "name"
  shape["trust flag"] = "name flag"
  shape["trust replaceflag"] = "name flag"
  shape["trust have"] = shape["apply have"] = "path halves part?"
  shape["check node"] = "name"
  shape["check part"] = "part number"
  shape["check token-kid"] = "keyId"
  shape["check gate"] = "gate switch"
  shape["check consumer"] = "name kind unit"
  shape["check health"] = "name scheme hostPort url profile?"
  shape["issue node"] = "name"
  shape["issue kubeconfig"] = "path"
  shape["issue part"] = "part number"
  shape["issue leaf"] = "name name algorithm"
  shape["issue cn"] = "name subject"
  shape["issue o"] = "name subject"
  shape["cluster node"] = "name"
  shape["cluster kubeconfig"] = "path"
  shape["cluster part"] = "part number"
  shape["cluster token-kid"] = "keyId"
  shape["cluster since"] = "number"
  shape["cluster visited"] = "name"
  shape["cluster visitors"] = "namespaced"
  shape["cluster task"] = "task"
  shape["cluster rewrite"] = "rewritten object part"
  shape["cluster workload"] = "rolled namespaced"
  shape["cluster reload"] = "rolled namespaced"
  shape["cluster gate"] = "gate switch"
  shape["cluster workers"] = "namespaced share switch"
'
