using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Where controllers get their informers from: one for each type.</summary>
internal interface IInformers
{
    ISharedInformer<T> Get<T>()
        where T : class, IKubernetesObject<V1ObjectMeta>;
}
