//! `/cluster`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/cluster" () {}
    GetBackup: GET "/cluster/backup" () {}
    PostBackup: POST "/cluster/backup" () {
        all: bool, bwlimit: int(0..), comment: text, compress: one_of("0" "1" "gzip" "lzo" "zstd"), dow: list,
        dumpdir: text, enabled: bool, exclude: list, exclude_path["exclude-path"]: array, fleecing: text, id: text,
        ionice: int(0..=8), lockwait: int(0..), mailnotification: one_of("always" "failure"), mailto: list,
        mode: one_of("snapshot" "suspend" "stop"), node: text, notes_template["notes-template"]: text,
        notification_mode["notification-mode"]: one_of("auto" "legacy-sendmail" "notification-system"),
        pbs_change_detection_mode["pbs-change-detection-mode"]: one_of("legacy" "data" "metadata"), performance: text,
        pigz: int, pool: text, protected: bool, prune_backups["prune-backups"]: text, quiet: bool, remove: bool,
        repeat_missed["repeat-missed"]: bool, schedule: text, script: text, starttime: text, stdexcludes: bool,
        stop: bool, stopwait: int(0..), storage: text, tmpdir: text, vmid: list, zstd: int,
    }
    GetBackupInfo: GET "/cluster/backup-info" () {}
    GetBackupInfoNotBackedUp: GET "/cluster/backup-info/not-backed-up" () {}
    GetBackupId: GET "/cluster/backup/{id}" (id) {}
    PutBackupId: PUT "/cluster/backup/{id}" (id) {
        all: bool, bwlimit: int(0..), comment: text, compress: one_of("0" "1" "gzip" "lzo" "zstd"), delete: list,
        dow: list, dumpdir: text, enabled: bool, exclude: list, exclude_path["exclude-path"]: array, fleecing: text,
        ionice: int(0..=8), lockwait: int(0..), mailnotification: one_of("always" "failure"), mailto: list,
        mode: one_of("snapshot" "suspend" "stop"), node: text, notes_template["notes-template"]: text,
        notification_mode["notification-mode"]: one_of("auto" "legacy-sendmail" "notification-system"),
        pbs_change_detection_mode["pbs-change-detection-mode"]: one_of("legacy" "data" "metadata"), performance: text,
        pigz: int, pool: text, protected: bool, prune_backups["prune-backups"]: text, quiet: bool, remove: bool,
        repeat_missed["repeat-missed"]: bool, schedule: text, script: text, starttime: text, stdexcludes: bool,
        stop: bool, stopwait: int(0..), storage: text, tmpdir: text, vmid: list, zstd: int,
    }
    DeleteBackupId: DELETE "/cluster/backup/{id}" (id) {}
    GetBackupIdIncludedVolumes: GET "/cluster/backup/{id}/included_volumes" (id) {}
    GetBulkAction: GET "/cluster/bulk-action" () {}
    GetBulkActionGuest: GET "/cluster/bulk-action/guest" () {}
    PostBulkActionGuestMigrate: POST "/cluster/bulk-action/guest/migrate" (; target: text) {
        max_workers["max-workers"]: int(1..=64), maxworkers: int(1..=64), online: bool, vms: array,
        with_local_disks["with-local-disks"]: bool,
    }
    PostBulkActionGuestShutdown: POST "/cluster/bulk-action/guest/shutdown" () {
        force_stop["force-stop"]: bool, max_workers["max-workers"]: int(1..=64), maxworkers: int(1..=64), timeout: int,
        vms: array,
    }
    PostBulkActionGuestStart: POST "/cluster/bulk-action/guest/start" () {
        max_workers["max-workers"]: int(1..=64), maxworkers: int(1..=64), timeout: int, vms: array,
    }
    PostBulkActionGuestSuspend: POST "/cluster/bulk-action/guest/suspend" () {
        max_workers["max-workers"]: int(1..=64), maxworkers: int(1..=64), statestorage: text, to_disk["to-disk"]: bool,
        vms: array,
    }
    GetCeph: GET "/cluster/ceph" () {}
    GetCephFlags: GET "/cluster/ceph/flags" () {}
    PutCephFlags: PUT "/cluster/ceph/flags" () {
        nobackfill: bool, nodeep_scrub["nodeep-scrub"]: bool, nodown: bool, noin: bool, noout: bool, norebalance: bool,
        norecover: bool, noscrub: bool, notieragent: bool, noup: bool, pause: bool,
    }
    GetCephFlagsFlag: GET "/cluster/ceph/flags/{flag}" (flag) {}
    PutCephFlagsFlag: PUT "/cluster/ceph/flags/{flag}" (flag; value: bool) {}
    GetCephMetadata: GET "/cluster/ceph/metadata" () { scope: one_of("all" "versions") }
    GetCephStatus: GET "/cluster/ceph/status" () {}
    GetConfig: GET "/cluster/config" () {}
    PostConfig: POST "/cluster/config" (; clustername: text) {
        link["link[n]"]: numbered, nodeid: int(1..), token_coefficient["token-coefficient"]: int(0..), votes: int(1..),
    }
    GetConfigApiversion: GET "/cluster/config/apiversion" () {}
    GetConfigJoin: GET "/cluster/config/join" () { node: text }
    PostConfigJoin: POST "/cluster/config/join" (; fingerprint: text, hostname: text, password: text) {
        force: bool, link["link[n]"]: numbered, nodeid: int(1..), votes: int(0..),
    }
    GetConfigNodes: GET "/cluster/config/nodes" () {}
    PostConfigNodesNode: POST "/cluster/config/nodes/{node}" (node) {
        apiversion: int, force: bool, link["link[n]"]: numbered, new_node_ip: text, nodeid: int(1..), votes: int(0..),
    }
    DeleteConfigNodesNode: DELETE "/cluster/config/nodes/{node}" (node) {}
    GetConfigQdevice: GET "/cluster/config/qdevice" () {}
    GetConfigTotem: GET "/cluster/config/totem" () {}
    GetJobs: GET "/cluster/jobs" () {}
    GetJobsRealmSync: GET "/cluster/jobs/realm-sync" () {}
    GetJobsRealmSyncId: GET "/cluster/jobs/realm-sync/{id}" (id) {}
    PostJobsRealmSyncId: POST "/cluster/jobs/realm-sync/{id}" (id; schedule: text) {
        comment: text, enable_new["enable-new"]: bool, enabled: bool, realm: text,
        remove_vanished["remove-vanished"]: text, scope: one_of("users" "groups" "both"),
    }
    PutJobsRealmSyncId: PUT "/cluster/jobs/realm-sync/{id}" (id; schedule: text) {
        comment: text, delete: list, enable_new["enable-new"]: bool, enabled: bool,
        remove_vanished["remove-vanished"]: text, scope: one_of("users" "groups" "both"),
    }
    DeleteJobsRealmSyncId: DELETE "/cluster/jobs/realm-sync/{id}" (id) {}
    GetJobsScheduleAnalyze: GET "/cluster/jobs/schedule-analyze" (; schedule: text) {
        iterations: int(1..=100), starttime: int,
    }
    GetLog: GET "/cluster/log" () { max: int(1..) }
    GetMetrics: GET "/cluster/metrics" () {}
    GetMetricsExport: GET "/cluster/metrics/export" () {
        history: bool, local_only["local-only"]: bool, node_list["node-list"]: text, start_time["start-time"]: int,
    }
    GetMetricsServer: GET "/cluster/metrics/server" () {}
    GetMetricsServerId: GET "/cluster/metrics/server/{id}" (id) {}
    PostMetricsServerId: POST "/cluster/metrics/server/{id}" (id; port: int(1..=65536), server: text, kind["type"]: one_of("graphite" "influxdb" "opentelemetry")) {
        api_path_prefix["api-path-prefix"]: text, bucket: text, disable: bool,
        influxdbproto: one_of("udp" "http" "https"), max_body_size["max-body-size"]: int(1..), mtu: int(512..=65536),
        organization: text, otel_compression["otel-compression"]: one_of("none" "gzip"),
        otel_headers["otel-headers"]: text, otel_max_body_size["otel-max-body-size"]: int(1024..),
        otel_path["otel-path"]: text, otel_protocol["otel-protocol"]: one_of("http" "https"),
        otel_resource_attributes["otel-resource-attributes"]: text, otel_timeout["otel-timeout"]: int(1..=10),
        otel_verify_ssl["otel-verify-ssl"]: bool, path: text, proto: one_of("udp" "tcp"), timeout: int(0..),
        token: text, verify_certificate["verify-certificate"]: bool,
    }
    PutMetricsServerId: PUT "/cluster/metrics/server/{id}" (id; port: int(1..=65536), server: text) {
        api_path_prefix["api-path-prefix"]: text, bucket: text, delete: list, digest: text, disable: bool,
        influxdbproto: one_of("udp" "http" "https"), max_body_size["max-body-size"]: int(1..), mtu: int(512..=65536),
        organization: text, otel_compression["otel-compression"]: one_of("none" "gzip"),
        otel_headers["otel-headers"]: text, otel_max_body_size["otel-max-body-size"]: int(1024..),
        otel_path["otel-path"]: text, otel_protocol["otel-protocol"]: one_of("http" "https"),
        otel_resource_attributes["otel-resource-attributes"]: text, otel_timeout["otel-timeout"]: int(1..=10),
        otel_verify_ssl["otel-verify-ssl"]: bool, path: text, proto: one_of("udp" "tcp"), timeout: int(0..),
        token: text, verify_certificate["verify-certificate"]: bool,
    }
    DeleteMetricsServerId: DELETE "/cluster/metrics/server/{id}" (id) {}
    GetNextid: GET "/cluster/nextid" () { vmid: int(100..=999999999) }
    GetOptions: GET "/cluster/options" () {}
    PutOptions: PUT "/cluster/options" () {
        bwlimit: text, consent_text["consent-text"]: text, console: one_of("applet" "vv" "html5" "xtermjs"), crs: text,
        delete: list, description: text, email_from: text, fencing: one_of("watchdog" "hardware" "both"), ha: text,
        http_proxy: text,
        keyboard: one_of("de" "de-ch" "da" "en-gb" "en-us" "es" "fi" "fr" "fr-be" "fr-ca" "fr-ch" "hu" "is" "it" "ja" "lt" "mk" "nl" "no" "pl" "pt" "pt-br" "sv" "sl" "tr"),
        language: one_of("ar" "ca" "da" "de" "en" "es" "eu" "fa" "fr" "hr" "he" "it" "ja" "ka" "kr" "nb" "nl" "nn" "pl" "pt_BR" "ru" "sl" "sv" "tr" "ukr" "zh_CN" "zh_TW"),
        mac_prefix: text, max_workers: int(1..), migration: text, migration_unsecure: bool, next_id["next-id"]: text,
        notify: text, registered_tags["registered-tags"]: text, replication: text, tag_style["tag-style"]: text,
        u2f: text, user_tag_access["user-tag-access"]: text, webauthn: text,
    }
    GetReplication: GET "/cluster/replication" () {}
    PostReplication: POST "/cluster/replication" (; id: text, target: text, kind["type"]: one_of("local")) {
        comment: text, disable: bool, rate: number, remove_job: one_of("local" "full"), schedule: text, source: text,
    }
    GetReplicationId: GET "/cluster/replication/{id}" (id) {}
    PutReplicationId: PUT "/cluster/replication/{id}" (id) {
        comment: text, delete: list, digest: text, disable: bool, rate: number, remove_job: one_of("local" "full"),
        schedule: text, source: text,
    }
    DeleteReplicationId: DELETE "/cluster/replication/{id}" (id) { force: bool, keep: bool }
    GetResources: GET "/cluster/resources" () { kind["type"]: one_of("vm" "storage" "node" "sdn") }
    GetStatus: GET "/cluster/status" () {}
    GetTasks: GET "/cluster/tasks" () {}
}
