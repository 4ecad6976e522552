using System.Linq.Expressions;
using System.Reflection;

namespace Coordination.Templates;

/// <summary>Finds the way from a value to a property of a property of it, once, and makes a function of it.</summary>
internal static class PropertyPath
{
    /// <summary>The last type on the way, and the way; null when nothing is to be walked.</summary>
    /// <exception cref="FormatException">There is no such property.</exception>
    public static (Type Type, Func<object, object?>? Walk) Find(Type root, ReadOnlySpan<string> names)
    {
        if (names.IsEmpty)
        {
            return (root, null);
        }

        var start = Expression.Parameter(typeof(object), "root");
        var end = Expression.Label(typeof(object));
        var steps = new List<Expression>();
        var locals = new List<ParameterExpression>();
        Expression here = Expression.Convert(start, Plain(root));
        var type = Plain(root);
        foreach (var name in names)
        {
            var member = FindMember(type, name);
            var value = Expression.Variable(member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType);
            locals.Add(value);
            steps.Add(Expression.Assign(value, Expression.MakeMemberAccess(here, member)));
            if (!value.Type.IsValueType || Nullable.GetUnderlyingType(value.Type) is not null)
            {
                steps.Add(Expression.IfThen(Expression.Equal(value, Expression.Constant(null, value.Type)), Expression.Return(end, Expression.Constant(null))));
            }

            type = Plain(value.Type);
            here = type == value.Type ? value : Expression.Convert(value, type);
        }

        steps.Add(Expression.Label(end, Expression.Convert(here, typeof(object))));
        return (type, Expression.Lambda<Func<object, object?>>(Expression.Block(locals, steps), start).Compile());
    }

    private static Type Plain(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static MemberInfo FindMember(Type type, string name)
    {
        // The exact name wins; people write {vnf.id} for a property Id.
        var members = (type.IsInterface ? type.GetInterfaces().Prepend(type) : [type])
            .SelectMany(place => place.GetMembers(BindingFlags.Public | BindingFlags.Instance))
            .Where(member => string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase))
            .Where(member => member is FieldInfo or PropertyInfo { GetMethod.IsPublic: true } && (member as PropertyInfo)?.GetIndexParameters().Length is null or 0)
            .ToList();
        var found = members.Find(member => member.Name == name) ?? (members.Count > 0 ? members[0] : null);
        return found ?? throw new FormatException($"{type.Name} has no public property '{name}'");
    }
}
