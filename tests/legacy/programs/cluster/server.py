"""A standard server of a cluster, to which a client connects by its address."""
import tensorflow as tf

flags = tf.app.flags
flags.DEFINE_string('cluster_spec', '', 'job|host:port;host:port,job|...')
flags.DEFINE_string('job_name', '', 'Which job this is a task of.')
flags.DEFINE_integer('task_id', 0, 'Which task of it.')
FLAGS = flags.FLAGS


def parse_cluster_spec(cluster_spec):
    jobs = {}
    for job_string in cluster_spec.split(','):
        job_name, tasks = job_string.split('|')
        jobs[job_name] = tasks.split(';')
    return tf.train.ClusterSpec(jobs)


def main(unused_args):
    server_def = tf.train.ServerDef(
        cluster=parse_cluster_spec(FLAGS.cluster_spec).as_cluster_def(),
        protocol='grpc', job_name=FLAGS.job_name, task_index=FLAGS.task_id)
    server = tf.train.Server(server_def)
    print('Started server with target: %s' % server.target)
    server.join()


if __name__ == '__main__':
    tf.app.run()
